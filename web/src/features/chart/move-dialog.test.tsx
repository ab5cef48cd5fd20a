import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import type { LineMove } from '@/features/chart/line-items'
import { MoveDialog } from '@/features/chart/move-dialog'
import { setQuote } from '@/live/prices'
import { setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { market, openPosition, placedOrder, type Sent, stubFetch } from '@/testkit'
import { readResting } from '@/trading/account'
import { messages } from '@/ui/toast'

let sent: Sent[] = []

beforeEach(() => {
  sent = stubFetch()
  setMarkets([market('BTCUSDT', { stalePriceMs: 600_000 })])
  setQuote('BTCUSDT', { bid: exact('99900'), ask: exact('100000'), timestamp: Date.now() })
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

const order = readResting(placedOrder())
const ofOrder: LineMove = { kind: 'order', order, field: 'price', price: exact('94000') }
const ofExit = (price: string): LineMove => ({
  kind: 'exit',
  position: openPosition('BTCUSDT'),
  exit: 'takeProfit',
  price: exact(price),
})

function show(move: LineMove) {
  const onClose = vi.fn()
  render(
    <QueryClientProvider client={queryClient}>
      <MoveDialog move={move} onClose={onClose} />
    </QueryClientProvider>,
  )
  return onClose
}

const press = async (name: string) => userEvent.click(screen.getByRole('button', { name }))

async function refuse(fields: object) {
  await waitFor(() => expect(sent).toHaveLength(1))
  const body = { error: 'No.', code: 'VALIDATION', fields }
  await act(async () => sent[0]?.answer(Response.json(body, { status: 422 })))
  return (await screen.findByRole('alert')).textContent
}

it('moves an order, and shows what is wrong with its price', async () => {
  show(ofOrder)
  expect(screen.getByText(/^The limit price moves from/).textContent).toMatch(/worth 940.00 USD\.$/)
  await press('Move')
  expect(await refuse({ price: 'is too low' })).toBe('Is too low')
  expect(sent[0]?.body).toEqual({ price: '94000' })
})

it('moves an order back where the move is undone', async () => {
  show(ofOrder)
  await press('Move')
  const account = { sequence: 2, balanceInt: '0', usedMarginInt: '0' }
  await waitFor(() => expect(sent).toHaveLength(1))
  const moved = { success: true, order: placedOrder({ priceInt: '9400000000000' }), account }
  await act(async () => sent[0]?.answer(Response.json(moved)))
  const told = messages.get().at(-1)
  expect(told?.title).toBe('Order moved to 94,000.00')
  told?.act?.run()
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]?.body).toEqual({ price: '95000' })
})

it.each([
  ['an order', ofOrder, 'Move', { price: 'is too low', qty: 'is too small' }],
  ['an exit', ofExit('110000'), 'Set', { takeProfit: 'is too high', orderId: 'is no UUID' }],
])('shows a refusal of %s that is not only about its price', async (_, move, name, fields) => {
  show(move)
  await press(name)
  expect(await refuse(fields)).toBe('No.')
})

it('sets an exit, and shows why it was refused', async () => {
  const onClose = show(ofExit('110000'))
  await press('Set')
  expect(await refuse({ takeProfit: 'is too high' })).toBe('No.')
  expect(sent[0]?.body).toEqual({ takeProfit: '110000' })
  await press('Cancel')
  expect(onClose).toHaveBeenCalled()
})

it('sends no exit at a price where it would close at once', () => {
  show(ofExit('99000'))
  expect(screen.getByRole('alert').textContent).not.toBe('')
  expect(screen.getByRole('button', { name: 'Set' })).toHaveProperty('disabled', true)
})
