import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setMarkets } from '@/markets'
import { MarketGate } from '@/pages/market-gate'
import { queryClient } from '@/query-client'
import { market } from '@/testkit'

/** The server's responses, in turn. */
let answers: Promise<Response>[] = []

beforeEach(() => {
  setMarkets([])
  vi.stubGlobal('fetch', () => answers.shift() ?? new Promise(() => undefined))
})

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

function show(): void {
  render(
    <QueryClientProvider client={queryClient}>
      <MarketGate>
        <p>the page</p>
      </MarketGate>
    </QueryClientProvider>,
  )
}

const listing = (...symbols: string[]) =>
  Promise.resolve(Response.json({ markets: symbols.map((symbol) => market(symbol)) }))

it('shows the page once the list is loaded', async () => {
  let answer: ((response: Response) => void) | undefined
  answers = [new Promise((resolve) => (answer = resolve))]
  show()
  expect(screen.getByText(/Loading markets/)).toBeTruthy()
  await act(async () => answer?.(await listing('BTCUSDT')))
  expect(await screen.findByText('the page')).toBeTruthy()
})

it('shows a failure, and tries again', async () => {
  answers = [
    Promise.resolve(Response.json({ error: 'The database is away.' }, { status: 500 })),
    listing('BTCUSDT'),
  ]
  show()
  expect((await screen.findByRole('alert')).textContent).toContain('The database is away.')
  expect(screen.queryByText('the page')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('the page')).toBeTruthy()
})

it('says that there is no market', async () => {
  answers = [listing()]
  show()
  expect(await screen.findByText('No markets yet')).toBeTruthy()
})
