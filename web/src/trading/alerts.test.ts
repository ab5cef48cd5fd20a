import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { chosenAccount } from '@/api/client'
import { exact } from '@/decimal'
import { forgetQuotes, setQuote } from '@/live/prices'
import {
  addAlert,
  alerts,
  ALERTS_MAX,
  moveAlert,
  type PriceAlert,
  removeAlert,
  removeAlerts,
  watchAlerts,
} from '@/trading/alerts'

const ASSET = 'BTCUSDT'
let leave: () => void
let reached: PriceAlert[]
let time = 0

/** Shows a price, halfway between bid and ask, and lets the next frame come. */
async function show(price: number, part: { asset?: string; disputed?: 'HELD' } = {}) {
  const { asset = ASSET, disputed = null } = part
  time += 1
  const [bid, ask] = [exact(String(price - 1)), exact(String(price + 1))]
  setQuote(asset, { bid, ask, timestamp: time, disputed })
  await vi.advanceTimersByTimeAsync(300)
}

beforeEach(() => {
  vi.useFakeTimers()
  reached = []
  leave = watchAlerts((alert) => reached.push(alert))
})

afterEach(() => {
  leave()
  chosenAccount.set(null)
  removeAlerts()
  forgetQuotes()
  localStorage.clear()
  vi.useRealTimers()
})

it('needs a price, from which it knows the direction', async () => {
  expect(addAlert(ASSET, exact('110'))).toBe('NO_PRICE')
  await show(100)
  expect(addAlert(ASSET, exact('110'))).toBeNull()
  expect(addAlert(ASSET, exact('90'))).toBeNull()
  expect(alerts.get().map(({ isAbove }) => isAbove)).toEqual([true, false])
})

it.each<[name: string, at: string, prices: number[], fires: boolean]>([
  ['rises to it', '110', [109, 110], true],
  ['rises beyond it', '110', [150], true],
  ['rises not so far', '110', [109, 105], false],
  ['falls to it', '90', [91, 90], true],
  ['falls not so far', '90', [91, 200], false],
])('the price %s', async (_, at, prices, fires) => {
  await show(100)
  addAlert(ASSET, exact(at))
  for (const price of prices) await show(price)
  await show(prices.at(-1) ?? 0)
  expect(reached.map(({ price }) => price)).toEqual(fires ? [exact(at)] : [])
  expect(alerts.get()).toHaveLength(fires ? 0 : 1)
})

it('watches each market by its own price, and trusts no disputed one', async () => {
  await show(100)
  await show(100, { asset: 'ETHUSDT' })
  addAlert('ETHUSDT', exact('110'))
  await show(120)
  await show(120, { asset: 'ETHUSDT', disputed: 'HELD' })
  expect(reached).toEqual([])
  await show(121, { asset: 'ETHUSDT' })
  expect(reached.map(({ asset }) => asset)).toEqual(['ETHUSDT'])
})

it('waits from where the price is once it was moved', async () => {
  await show(100)
  addAlert(ASSET, exact('110'))
  moveAlert(alerts.get()[0]?.id ?? '', exact('90'))
  await show(95)
  expect(reached).toEqual([])
  await show(90)
  expect(reached).toHaveLength(1)
})

it('is kept for the account, and is not announced if another tab has', async () => {
  await show(100)
  addAlert(ASSET, exact('110'))
  chosenAccount.set('other')
  expect(alerts.get()).toEqual([])
  chosenAccount.set(null)
  expect(alerts.get().map(({ price }) => price)).toEqual([exact('110')])
  localStorage.clear()
  await show(110)
  expect(reached).toEqual([])
  expect(alerts.get()).toEqual([])
})

it('has a limit', async () => {
  await show(100)
  for (let i = 0; i < ALERTS_MAX; i += 1) addAlert(ASSET, exact(String(200 + i)))
  expect(addAlert(ASSET, exact('110'))).toBe('TOO_MANY')
  removeAlert(alerts.get()[0]?.id ?? '')
  expect(addAlert(ASSET, exact('110'))).toBeNull()
})
