/** Candles of months, which a stack that was just started does not have. */

import type { Page } from 'playwright-core'

const STEPS: Record<string, number> = {
  '30s': 30,
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
}

/** The number of days of history there are. */
export const DAYS = 300

/** The opening price of the candle that begins at a time (Unix s). */
export const openAt = (time: number) => 90_000 + Math.round(2_000 * Math.sin(time / 7_000))

/** The first time of history. */
export const beginning = () => Math.floor(Date.now() / 86_400_000 - DAYS) * 86_400

function candlesOf(query: URLSearchParams): object[] {
  const step = STEPS[query.get('duration') ?? ''] ?? 60
  const now = Math.floor(Date.now() / 1_000)
  const to = Math.min(Number(query.get('to') ?? now), now)
  const from = Math.max(Number(query.get('from') ?? 0), beginning())
  const limit = Number(query.get('limit'))
  const candles: object[] = []
  for (let time = Math.floor((to - 1) / step) * step; time >= from; time -= step) {
    if (candles.length === limit) break
    const [open, close] = [openAt(time), openAt(time + step)]
    const [high, low] = [Math.max(open, close) + 40, Math.min(open, close) - 40]
    candles.push({ time, open, high, low, close, volume: 1 + (time % 7) })
  }
  return candles.toReversed()
}

/** Answers requests for candles, and lets live ones be of now, which a replay's may not be. */
export async function giveHistory(page: Page): Promise<void> {
  await page.route(/\/candles\?/, (route) => {
    const candles = candlesOf(new URL(route.request().url()).searchParams)
    return route.fulfill({ contentType: 'application/json', body: JSON.stringify({ candles }) })
  })
  await page.routeWebSocket(/./, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((message) => {
      const step = STEPS[/"duration":"(\w+)"/.exec(String(message))?.[1] ?? '']
      const isCandle = step !== undefined && String(message).includes('"candle_update"')
      const now = isCandle ? Math.floor(Date.now() / 1_000 / step) * step : 0
      socket.send(isCandle ? String(message).replace(/"time":\d+/, `"time":${now}`) : message)
    })
  })
}
