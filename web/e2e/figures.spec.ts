/** All numbers of one frozen page, computed again by a program that shares no code with Velox. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { COSTLY, pause, redis } from './stack.ts'
import { chartOf, inBrowser, POLL, register, visit } from './site.ts'

inBrowser()

type Fields = Record<string, unknown>

/** Three positions of each liquidation model, on both sides, with several leverages. */
const POSITIONS = [
  { asset: 'BTCUSDT', side: 'BUY', leverage: 10, qty: '0.01' },
  { asset: 'BTCUSDT', side: 'SELL', leverage: 37, qty: '0.00317' },
  { asset: 'ETHUSDT', side: 'SELL', leverage: 25, qty: '0.3' },
  { asset: COSTLY, side: 'BUY', leverage: 20, qty: '1.37' },
  { asset: COSTLY, side: 'SELL', leverage: 50, qty: '2.5' },
  { asset: COSTLY, side: 'BUY', leverage: 7, qty: '0.41' },
]

/** A limit order below the price of each model. */
const ORDERS = [
  { asset: 'BTCUSDT', side: 'BUY', type: 'LIMIT', leverage: 10, qty: '0.002', price: '81234.56' },
  { asset: COSTLY, side: 'BUY', type: 'LIMIT', leverage: 20, qty: '0.5', price: '801.23' },
]

const RATE = { text: '0.000123', int: '12300' }

it.skipIf(!COSTLY)('shows the numbers that an independent program computes', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  const positions: Fields[] = []
  for (const order of POSITIONS) {
    const { order: placed } = await place(page, { ...order, type: 'MARKET' })
    // The position has the id of the order that opened it.
    positions.push({ ...order, positionId: placed.orderId })
  }
  const orders: Fields[] = []
  for (const order of ORDERS) {
    const { order: placed } = await place(page, order)
    orders.push({ ...order, orderId: placed.orderId })
  }
  const settled = await settle(page)
  const fillsOf = async () => (await get(page, '/api/v1/fills')).fills as Fields[]
  await expect.poll(async () => (await fillsOf()).length, POLL).toBe(POSITIONS.length)
  const fills = await fillsOf()
  const resume = await pause('price-poller')
  try {
    const prices = await frozenPrices()
    const { markets } = await get(page, '/api/v1/markets')
    const bySymbol = Object.fromEntries((markets as Fields[]).map((each) => [each.symbol, each]))
    const known = { markets: bySymbol, fills, positions, orders, prices, settled, deposit: '1000' }
    const compared = async () => compare({ ...known, shown: await read(page, positions, orders) })
    // The page may still show the last frame before the pause.
    await expect.poll(async () => (await compared()).different, POLL).toEqual([])
    expect((await compared()).compared).toBe(6 * 9 + 2 + 5)
  } finally {
    resume()
  }
})

type Comparison = { compared: number; different: Fields[] }

function compare(input: Fields): Comparison {
  const script = fileURLToPath(new URL('figures.py', import.meta.url))
  const output = execFileSync('python3', [script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
  })
  return JSON.parse(output) as Comparison
}

async function place(page: Page, data: Fields): Promise<{ order: Fields }> {
  const answer = await page.request.post('/api/v1/orders', { data })
  expect(answer.ok(), await answer.text()).toBe(true)
  return (await answer.json()) as { order: Fields }
}

async function get(page: Page, path: string): Promise<Fields> {
  return (await (await page.request.get(path)).json()) as Fields
}

/** Settles a funding of the costly asset now, and waits until the page shows it. */
async function settle(page: Page): Promise<Fields> {
  const mark = await stored(`feed:mark:${COSTLY}`, 'markPriceInt')
  const payload = {
    symbol: COSTLY,
    fundingTime: Date.now(),
    fundingRateInt: RATE.int,
    markPriceInt: mark,
  }
  const entry = ['v', '1', 'type', 'SETTLE_FUNDING', 'timestamp', String(Date.now())]
  await redis('XADD', 'request:stream', '*', ...entry, 'payload', JSON.stringify(payload))
  const costs = page.getByTestId('costs').filter({ hasText: /[1-9].* funding/ })
  await expect.poll(() => costs.count(), POLL).toBeGreaterThan(1)
  return { asset: COSTLY, rate: RATE.text, mark: decimal(mark) }
}

async function frozenPrices(): Promise<Fields> {
  const prices: Fields = {}
  for (const asset of ['BTCUSDT', 'ETHUSDT', COSTLY]) {
    prices[asset] = {
      bid: decimal(await stored(`feed:last:${asset}`, 'bidPriceInt')),
      ask: decimal(await stored(`feed:last:${asset}`, 'askPriceInt')),
      ...(asset === COSTLY
        ? { mark: decimal(await stored(`feed:mark:${asset}`, 'markPriceInt')) }
        : {}),
    }
  }
  return prices
}

async function stored(key: string, field: string): Promise<string> {
  return String((JSON.parse(await redis('GET', key)) as Fields)[field])
}

function decimal(int: string): string {
  const digits = int.padStart(9, '0')
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`
}

type Known = readonly Fields[]

/** Reads the texts of the page: the tables below the chart and the figures in the header. */
async function read(page: Page, positions: Known, orders: Known): Promise<Fields> {
  await page.getByRole('tab', { name: /^Positions/ }).click()
  const open = await rowsOf(page, 'Open positions')
  await page.getByRole('tab', { name: /^Orders/ }).click()
  const resting = await rowsOf(page, 'Open orders')
  await page.getByRole('tab', { name: /^Positions/ }).click()
  return {
    positions: open.map((row) => ({ ...row, positionId: ofSize(positions, row).positionId })),
    orders: resting.map((row) => ({ ...row, orderId: ofSize(orders, row).orderId })),
    account: await page
      .getByRole('banner')
      .evaluate((banner) =>
        Object.fromEntries(
          [...banner.querySelectorAll('dt')].map((name) => [
            name.textContent?.trim(),
            name.parentElement?.querySelector('dd')?.textContent?.trim(),
          ]),
        ),
      ),
  }
}

/** The sizes differ, so each names its position or order. */
function ofSize(known: Known, row: Fields): Fields {
  const size = Number(String(row.Size).replaceAll(',', '').split(' ')[0])
  const found = known.find(({ qty }) => Number(qty) === size)
  if (!found) throw new Error(`nothing has the size ${String(row.Size)}`)
  return found
}

/** The texts of a table's rows by column; a second line of a cell has a name of its own. */
async function rowsOf(page: Page, name: string): Promise<Fields[]> {
  const table = page.getByRole('table', { name })
  await table.waitFor()
  return table.evaluate((element) => {
    const names = [...element.querySelectorAll('thead th')].map(
      (th) => th.textContent?.trim() ?? '',
    )
    return [...element.querySelectorAll('tbody tr')].map((row) => {
      const texts: Record<string, string> = {}
      for (const [index, cell] of [...row.querySelectorAll('td')].entries()) {
        const text = (part: Element | null | undefined) => part?.textContent?.trim() ?? ''
        const lines = cell.firstElementChild?.children ?? []
        const column = names[index] ?? ''
        if (column === 'Margin (ratio)') texts.Margin = text(lines[0])
        else if (column === 'Liquidation') texts.Liquidation = text(lines[0])
        else if (column === 'P&L (ROE)') {
          texts['P&L'] = text(lines[0])
          texts.ROE = text(lines[1])
        } else if (column === 'Fees, funding') {
          const costs = cell.querySelector('[data-testid=costs]')
          texts.Fees = text(costs?.children[0]).replace(' fees', '')
          texts.Funding = text(costs?.children[1]).replace(' funding', '')
        } else texts[column] = text(cell)
      }
      return texts
    })
  })
}
