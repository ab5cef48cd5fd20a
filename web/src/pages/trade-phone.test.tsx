import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type * as Connection from '@/live/connection'
import { setMarkets } from '@/markets'
import { TradePhone } from '@/pages/trade-phone'
import { leavePage, showPage } from '@/testing-page'
import { market } from '@/testkit'
import { propose } from '@/trading/proposal'

/** The markets whose trades the page receives. */
const followed = vi.hoisted(() => new Set<string>())

vi.mock('@/live/connection', async (original) => ({
  ...(await original<typeof Connection>()),
  subscribeTrades: (asset: string) => {
    followed.add(asset)
    return () => void followed.delete(asset)
  },
}))

vi.mock('@/features/chart/chart-panel', () => ({
  ChartPanel: ({ asset }: { asset: string }) => <p>Chart of {asset}</p>,
}))

beforeEach(async () => {
  setMarkets([market('BTCUSDT')])
  // On a busy machine it takes longer to load than a test waits.
  await import('@/features/tape/tape-panel')
  const nothing = () => undefined
  await showPage(
    <TradePhone asset="BTCUSDT" onAsset={nothing} side="LONG" onSide={nothing} onHelp={nothing} />,
  )
})

afterEach(leavePage)

const choice = (name: string) => screen.getByRole('radio', { name })
const inNav = (name: string) => screen.getByRole('button', { name })
const chart = () => screen.queryByText('Chart of BTCUSDT')
const tape = () => screen.queryByRole('region', { name: 'Trades' })

it('shows the trades in place of the chart, and receives them only then', async () => {
  expect(tape()).toBeNull()
  expect(followed.size).toBe(0)

  // By keyboard: the arrows move between the choices.
  act(() => choice('Chart').focus())
  await userEvent.keyboard('{ArrowRight}{Enter}')
  expect(choice('Trades').getAttribute('aria-checked')).toBe('true')
  await screen.findByRole('region', { name: 'Trades' })
  expect(chart()).toBeNull()
  expect([...followed]).toEqual(['BTCUSDT'])
  // They are a part of the chart's view, which brings the chart back.
  expect(inNav('Chart').getAttribute('aria-current')).toBe('page')
  await userEvent.click(inNav('Chart'))
  expect(chart()).toBeTruthy()
  expect(followed.size).toBe(0)

  await userEvent.click(choice('Trades'))
  await userEvent.click(inNav('Trade'))
  expect(tape()).toBeNull()
  expect(followed.size).toBe(0)
})

it('goes to the order form with the kind that is asked for', async () => {
  expect(screen.queryByRole('form')).toBeNull()
  await act(async () => propose({ asset: 'BTCUSDT', kind: 'STOP' }))
  expect(inNav('Trade').getAttribute('aria-current')).toBe('page')
  expect(choice('Stop limit').getAttribute('aria-checked')).toBe('true')
  await vi.waitFor(() => expect(document.activeElement?.id).toBe('order-size'))
  // It was taken, so that another view can be opened.
  await userEvent.click(inNav('Chart'))
  expect(chart()).toBeTruthy()
})
