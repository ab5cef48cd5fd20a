import { beforeEach, expect, it } from 'vitest'
import type { Fill, Income } from '@/api/schema'
import { newsOfExpired, newsOfFill, newsOfFunding } from '@/features/notices/words'
import { setMarkets } from '@/markets'
import { market, placedOrder } from '@/testkit'

beforeEach(() => setMarkets([market('BTCUSDT')]))

const fill = (part: Partial<Fill>) =>
  ({
    fillId: '1-0',
    asset: 'BTCUSDT',
    side: 'BUY',
    qtyInt: '1000000',
    priceInt: '9233144000000',
    realizedPnLInt: '0',
    reason: null,
    executedAt: 7,
    ...part,
  }) as Fill

it.each<[Partial<Fill>, string, string]>([
  [{}, 'fill', 'Bought 0.01000 BTC'],
  [{ side: 'SELL', realizedPnLInt: '100000000' }, 'close', 'BTC: Closed'],
  [{ reason: 'MARGIN_CALL', realizedPnLInt: '-1' }, 'liquidation', 'BTC: Liquidated'],
  [{ reason: 'STOP_LOSS', realizedPnLInt: '-1' }, 'exit', 'BTC: Stop-loss hit'],
  [{ reason: 'TAKE_PROFIT', realizedPnLInt: '1' }, 'exit', 'BTC: Take-profit hit'],
])('tells of a fill %o as %s', (part, kind, title) => {
  const news = newsOfFill(fill(part))
  expect([news.kind, news.title, news.id, news.time]).toEqual([kind, title, 'fill:1-0', 7])
  expect(news.detail?.toLowerCase()).toContain('at 92,331.44')
})

it('says what a position made, with its tone', () => {
  const profit = newsOfFill(fill({ realizedPnLInt: '250000000' }))
  expect([profit.tone, profit.detail]).toEqual([
    'success',
    'Bought 0.01000 BTC at 92,331.44, P&L +2.50 USD',
  ])
  expect(newsOfFill(fill({ realizedPnLInt: '-250000000' })).tone).toBe('warning')
})

it('tells of fundings by their sign, and of orders that expired on their own', () => {
  const line = { incomeId: '1-0.FUNDING_FEE', asset: 'BTCUSDT', amountInt: '-5000000', time: 3 }
  const paid = newsOfFunding(line as Income)
  expect([paid.title, paid.detail]).toEqual(['BTC: Funding paid', '-0.05 USD'])
  const expired = placedOrder({ status: 'EXPIRED', reason: 'TIME', updatedAt: 9 })
  expect(newsOfExpired(expired)).toMatchObject({ id: 'order:a', kind: 'order', time: 9 })
  expect(newsOfExpired({ ...expired, reason: 'POSITION_CLOSED' })).toBeNull()
})
