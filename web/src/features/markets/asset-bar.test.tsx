import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { MarkProblem } from '@/api/schema'
import { exact } from '@/decimal'
import { AssetBar } from '@/features/markets/asset-bar'
import { forgetMarks, setMark } from '@/live/marks'
import { type Asset, setMarkets } from '@/markets'
import { queryClient } from '@/query-client'
import { costly, market, stubInView } from '@/testkit'
import { useMarks } from '@/trading/marks'
import { TooltipProvider } from '@/ui/tooltip'

/** The problem that the server reports for every mark price. */
let problem: MarkProblem | null = null
/** The addresses of fetched mark prices. */
let fetched: string[] = []

const HOUR_MS = 3_600_000

beforeEach(() => {
  problem = null
  fetched = []
  stubInView()
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url)
    if (pathname !== '/api/v1/funding') return new Promise(() => undefined)
    fetched.push(pathname + search)
    const marked = {
      symbol: 'BTCUSDT',
      markPriceInt: '9200012345678',
      fundingRateInt: '-2500',
      nextFundingTime: Date.now() + 2.5 * HOUR_MS,
      markedAt: Date.now(),
      markProblem: problem,
    }
    return Response.json({ success: true, markets: [marked], fundings: [], nextCursor: null })
  })
})

afterEach(() => {
  cleanup()
  forgetMarks()
  queryClient.clear()
  vi.unstubAllGlobals()
})

function Page({ asset }: { asset: Asset }) {
  useMarks(asset)
  return <AssetBar asset={asset} onAsset={() => undefined} />
}

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <Page asset="BTCUSDT" />
      </TooltipProvider>
    </QueryClientProvider>,
  )
}

it('shows nothing of mark price and funding in a market that has neither', async () => {
  setMarkets([market('BTCUSDT')])
  show()
  await screen.findByText('24h high')
  expect(screen.queryByText('Mark')).toBeNull()
  expect(screen.queryByText(/Funding/)).toBeNull()
  expect(fetched).toEqual([])
})

it('shows the mark price, and the rate and the time of the next funding', async () => {
  setMarkets([costly('BTCUSDT')])
  show()
  expect(screen.getByText('Funding (8h)')).toBeTruthy()
  expect((await screen.findByText('-0.0025%')).textContent).toMatch(/^-0.0025% in 2h (29|30)m$/)
  await vi.waitFor(() => expect(screen.getByTestId('mark-price').textContent).toBe('92,000.12'))
  expect(screen.queryByTestId('mark-untrusted')).toBeNull()
  expect(fetched).toEqual(['/api/v1/funding?limit=1'])
  act(() =>
    setMark('BTCUSDT', {
      price: exact('92001'),
      fundingRate: exact('0.00012345'),
      nextFundingTime: null,
      timestamp: Date.now() + 1_000,
    }),
  )
  expect((await screen.findByText('0.012345%')).textContent).toBe('0.012345%')
})

it.each<[MarkProblem, object, string]>([
  ['STALE', {}, 'The mark price is too old. Until it is trusted again, it liquidates no position.'],
  [
    'FAR',
    { triggerPrice: 'MARK' },
    'The mark price is too far from the last price. Until it is trusted again, it liquidates no position and triggers no stop-loss, take-profit or order.',
  ],
  [
    'MISSING',
    { triggerPrice: 'MARK', liquidationModel: 'MARGIN_LOSS' },
    'There is no mark price yet. Until it is trusted again, it triggers no stop-loss, take-profit or order.',
  ],
])('says that a mark price closes nothing: %s %j', async (reported, part, sentence) => {
  problem = reported
  setMarkets([costly('BTCUSDT', part)])
  show()
  const badge = await screen.findByRole('button', { name: 'Mark untrusted' })
  await userEvent.hover(badge)
  expect((await screen.findByRole('tooltip')).textContent).toBe(sentence)
})
