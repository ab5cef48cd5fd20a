import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import type { Standing } from '@/api/schema'
import { Leaderboard } from '@/features/leaderboard/leaderboard'
import { queryClient } from '@/query-client'

const standing = (rank: number, part: Partial<Standing> = {}) =>
  ({
    rank,
    trader: `trader${rank}`,
    name: `Account ${rank}`,
    returnInt: '-4377000',
    maxDrawdownInt: '5655000',
    pnlInt: '-75817000000',
    equityInt: '99795000000',
    resets: 0,
    lastReset: null,
    ...part,
  }) as Standing

/** The addresses that were asked for. */
let asked: string[] = []

function show(board: object, onChange = vi.fn()) {
  asked = []
  vi.stubGlobal('fetch', async ({ url }: Request) => {
    asked.push(new URL(url).search)
    return Response.json({ asOf: 1_795_493_501_491, success: true, ...board })
  })
  render(
    <QueryClientProvider client={queryClient}>
      <Leaderboard period="week" by="drawdown" onChange={onChange} />
    </QueryClientProvider>,
  )
  return onChange
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

it('marks own rows, also those that are not among the first, and resets', async () => {
  const mine = standing(2, { resets: 2, lastReset: 1 })
  const far = standing(300)
  show({ accounts: 300, standings: [standing(1), mine], own: [mine, far] })
  const rows = (await screen.findAllByRole('row')).slice(1)
  expect(asked).toEqual(['?period=week&by=drawdown&limit=50'])
  const told = rows.map((row) => [row.dataset.own, row.textContent])
  expect(told).toEqual([
    ['false', '1Account 1trader1-4.38%5.66%-758.17997.95None'],
    ['true', '2Account 2trader2You-4.38%5.66%-758.17997.952 resets'],
    [undefined, 'Your other accounts'],
    ['true', '300Account 300trader300You-4.38%5.66%-758.17997.95None'],
  ])
})

it('shows more accounts, another period and another order', async () => {
  const onChange = show({ accounts: 60, standings: [standing(1)], own: [] })
  await userEvent.click(await screen.findByRole('button', { name: 'Show the first 100' }))
  await vi.waitFor(() => expect(asked.at(-1)).toBe('?period=week&by=drawdown&limit=100'))
  const period = within(screen.getByRole('radiogroup', { name: 'Period' }))
  await userEvent.click(period.getByRole('radio', { name: 'All time' }))
  expect(onChange).toHaveBeenLastCalledWith({ period: 'all', by: 'drawdown' })
})

it('is empty before anybody takes part', async () => {
  show({ accounts: 0, standings: [], own: [] })
  await screen.findByText('Nobody is here yet')
})
