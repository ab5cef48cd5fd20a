import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import type { Fill } from '@/api/schema'
import type { FillMarks } from '@/features/chart/fill-marks'
import { FillTip } from '@/features/chart/fill-tip'
import { setMarkets } from '@/markets'
import { market } from '@/testkit'

afterEach(cleanup)

/** Points at the mark of sells of 0.01 each, and returns the lines of its tip. */
function tipOf(count: number): (string | null)[] {
  setMarkets([market('BTCUSDT')])
  const fills = Array.from({ length: count }, (_, i): Partial<Fill> => ({
    fillId: String(i),
    asset: 'BTCUSDT',
    side: 'SELL',
    qtyInt: '1000000',
    priceInt: '9500000000000',
    realizedPnLInt: '0',
    executedAt: 1_795_493_501_491,
  }))
  const spot = { x: 10, y: 10, mark: { index: 0, side: 'SELL', fills: fills as Fill[] } }
  const chart = document.createElement('div')
  render(<FillTip chart={chart} marks={{ at: () => spot } as unknown as FillMarks} />)
  fireEvent.pointerMove(chart)
  return [...screen.getByRole('tooltip').children].map(({ textContent }) => textContent)
}

it('sums up the fills of a candle, and lists the first of them', () => {
  const lines = tipOf(8)
  expect(lines[0]).toBe('8 sells0.08000 BTC')
  expect(lines).toHaveLength(1 + 6 + 1)
  expect(lines.at(-1)).toBe('2 more sells')
})

it('states a single fill once', () => {
  expect(tipOf(1)).toHaveLength(1)
})
