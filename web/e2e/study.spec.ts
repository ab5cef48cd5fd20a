import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import { beginning, giveHistory, openAt } from './history.ts'
import { chartOf, inBrowser, PHONE, POLL, register, SITE, toastOf, visit } from './site.ts'

inBrowser()

type Drawing = { tool: string; points: { time: number; price: number }[] }

/** Opens the trading page of somebody new, with months of candles. */
async function trade(options: BrowserContextOptions = {}, chart?: object): Promise<Page> {
  const page = await visit('/register', options)
  await giveHistory(page)
  if (chart) {
    await page.evaluate(
      (saved) => localStorage.setItem('velox.chart', saved),
      JSON.stringify(chart),
    )
  }
  await register(page)
  await page.goto('/trade?asset=BTCUSDT')
  await chartOf(page)
  return page
}

const region = (page: Page) => page.getByRole('region', { name: 'Chart' })
const button = (page: Page, name: string | RegExp) =>
  region(page).getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
const legendRow = (page: Page, name: string): Locator =>
  region(page).getByRole('listitem').filter({ hasText: name })
const saved = (page: Page): Promise<Record<string, unknown>> =>
  page.evaluate(() => JSON.parse(localStorage.getItem('velox.chart') ?? '{}'))
const drawings = (page: Page): Promise<Drawing[]> =>
  page.evaluate(() => JSON.parse(localStorage.getItem('velox.drawings.BTCUSDT') ?? '[]'))
/** The opening price in the legend. */
const shownOpen = async (page: Page) =>
  Number((await region(page).locator('[data-value]').first().textContent())?.replaceAll(',', ''))

async function choose(page: Page, menu: string | RegExp, item: string | RegExp): Promise<void> {
  await button(page, menu).click()
  const named = page.getByRole('menu').getByText(item, { exact: typeof item === 'string' })
  await named.click()
}

/** Returns a spot of the chart, by shares of its width and height. */
async function spot(page: Page, right: number, down: number): Promise<{ x: number; y: number }> {
  const box = await (await chartOf(page)).boundingBox()
  if (!box) throw new Error('the chart has no box')
  return { x: Math.round(box.x + box.width * right), y: Math.round(box.y + box.height * down) }
}

type Share = [right: number, down: number]

async function drag(page: Page, from: Share, to: Share): Promise<void> {
  const [a, b] = [await spot(page, ...from), await spot(page, ...to)]
  await page.mouse.move(a.x, a.y)
  await page.mouse.down()
  await page.mouse.move(b.x, b.y, { steps: 4 })
  await page.mouse.up()
}

it('adds, changes, hides and removes indicators, and remembers them', async () => {
  const page = await trade()
  await legendRow(page, 'Vol').waitFor()
  await choose(page, 'Indicators', 'Relative strength index (RSI)')
  await expect.poll(() => legendRow(page, 'RSI 14').textContent(), POLL).toMatch(/\d\.\d\d/)
  await choose(page, 'Indicators', 'Moving average (SMA)')
  await choose(page, 'Indicators', 'Moving average (SMA)')
  expect(await legendRow(page, 'SMA 20').count()).toBe(2)

  await legendRow(page, 'SMA 20').last().hover()
  await button(page, 'Settings of SMA 20').last().click()
  const settings = page.getByRole('dialog', { name: 'Moving average (SMA)' })
  await settings.getByLabel('Period').fill('0')
  await settings.getByText('Enter a whole number from 1 to 500').waitFor()
  await settings.getByLabel('Period').fill('50')
  await settings.getByLabel('Source').selectOption('High')
  await settings.getByLabel('Line').fill('#00ff00')
  await settings.getByRole('button', { name: 'Done' }).click()
  await expect.poll(() => legendRow(page, 'SMA 50 high').textContent(), POLL).toMatch(/\d\d,\d{3}/)

  await legendRow(page, 'SMA 20').hover()
  await button(page, 'Remove SMA 20').click()
  await legendRow(page, 'SMA 20').waitFor({ state: 'detached' })
  await legendRow(page, 'RSI 14').hover()
  await button(page, 'Hide RSI 14').click()
  await button(page, 'Show RSI 14').waitFor()

  await page.reload()
  await chartOf(page)
  await legendRow(page, 'SMA 50 high').waitFor()
  await button(page, 'Show RSI 14').waitFor()
  const { indicators } = await saved(page)
  expect(indicators).toMatchObject([
    { kind: 'volume' },
    { kind: 'rsi', isHidden: true },
    { kind: 'sma', params: [50], source: 'high', colours: ['#00ff00'] },
  ])
})

it('resizes panes, and remembers their heights', async () => {
  const page = await trade()
  const top = async () => (await legendRow(page, 'Vol').boundingBox())?.y ?? 0
  await expect.poll(top, POLL).toBeGreaterThan(0)
  const before = await top()
  const { x } = await spot(page, 0.5, 0)
  // The separator is just above the legend of the pane.
  await page.mouse.move(x, before - 3)
  await page.mouse.down()
  await page.mouse.move(x, before - 63, { steps: 4 })
  await page.mouse.up()
  await expect.poll(top, POLL).toBeLessThan(before - 40)
  const resized = await top()
  await page.reload()
  await chartOf(page)
  await expect.poll(top, POLL).toBeGreaterThan(resized - 4)
  expect(await top()).toBeLessThan(resized + 4)
})

it('shows the indicators of an earlier version', async () => {
  const page = await trade({}, { timeframe: '5m', indicators: ['ma7', 'ma99', 'vwap'] })
  for (const name of ['SMA 7', 'SMA 99', 'VWAP day', 'Vol']) await legendRow(page, name).waitFor()
  expect(await saved(page)).toMatchObject({ timeframe: '5m' })
})

it('draws every type of chart', async () => {
  const page = await trade()
  const chart = await chartOf(page)
  const pictures = new Set<string>()
  for (const type of ['Bars', 'Line', 'Area', 'Heikin-Ashi', 'Candles']) {
    await choose(page, /^Chart type/, type)
    await button(page, `Chart type: ${type}`).waitFor()
    pictures.add((await chart.screenshot()).toString('base64'))
  }
  expect(pictures.size).toBe(5)
  await choose(page, /^Chart type/, 'Heikin-Ashi')
  await region(page).getByText('BTC/USDT · 1m · Heikin-Ashi').waitFor()
})

it('draws, moves, deletes and restores, in every timeframe', async () => {
  const page = await trade()
  const loaded: string[] = []
  page.on('request', (request) => loaded.push(request.url()))
  expect(loaded.filter((url) => url.includes('drawing-surface'))).toEqual([])
  await button(page, 'Trend line').click()
  await region(page).getByText('Trend line: drag on the chart, or press twice.').waitFor()
  await drag(page, [0.3, 0.3], [0.5, 0.5])
  await expect.poll(() => drawings(page), POLL).toHaveLength(1)
  expect(loaded.filter((url) => url.includes('drawing-surface'))).toHaveLength(1)
  const [drawn] = await drawings(page)

  // By its middle as a whole, then by its end.
  await drag(page, [0.4, 0.4], [0.45, 0.3])
  await expect.poll(async () => (await drawings(page))[0], POLL).not.toEqual(drawn)
  const [moved] = await drawings(page)
  const rise = (drawing?: Drawing) =>
    (drawing?.points[1]?.price ?? 0) - (drawing?.points[0]?.price ?? 0)
  expect(rise(moved)).toBeCloseTo(rise(drawn), 0)
  await drag(page, [0.55, 0.4], [0.6, 0.2])
  await expect
    .poll(async () => (await drawings(page))[0]?.points[1], POLL)
    .not.toEqual(moved?.points[1])
  const [edited] = await drawings(page)
  expect(edited?.points[0]).toEqual(moved?.points[0])

  await region(page).getByRole('radio', { name: '15m', exact: true }).click()
  await region(page).getByText('BTC/USDT · 15m').waitFor()
  await chartOf(page)
  expect(await drawings(page)).toEqual([edited])
  await page.keyboard.press('Delete')
  await expect.poll(() => drawings(page), POLL).toEqual([])
  await page.keyboard.press('Control+z')
  await expect.poll(() => drawings(page), POLL).toEqual([edited])

  await button(page, 'Horizontal line').click()
  const { x, y } = await spot(page, 0.4, 0.2)
  await page.mouse.click(x, y)
  await expect.poll(() => drawings(page), POLL).toHaveLength(2)
  await page.reload()
  await chartOf(page)
  await button(page, 'Delete all drawings of this market').click()
  await expect.poll(() => drawings(page), POLL).toEqual([])
  await button(page, 'Restore what was deleted last (Ctrl+Z)').click()
  await expect.poll(() => drawings(page), POLL).toHaveLength(2)
})

it('snaps to prices of candles with the magnet', async () => {
  const page = await trade()
  await button(page, 'Magnet: snap to the prices of candles').click()
  await button(page, 'Horizontal line').click()
  const box = await (await chartOf(page)).boundingBox()
  // Along the whole height, until a price is within reach.
  for (let share = 0.15; share < 0.75 && (await drawings(page)).length === 0; share += 0.015) {
    await page.mouse.click((box?.x ?? 0) + 300, (box?.y ?? 0) + (box?.height ?? 0) * share)
    const [line] = await drawings(page)
    const isWhole = Number.isInteger(line?.points[0]?.price)
    if (line && !isWhole) {
      await page.keyboard.press('Delete')
      await button(page, 'Horizontal line').click()
    }
  }
  expect((await drawings(page))[0]?.points[0]?.price).toSatisfy(Number.isInteger)
})

it('draws with the keyboard alone', async () => {
  const page = await trade()
  await button(page, 'Text').focus()
  await page.keyboard.press('Enter')
  await region(page).getByText('Text: press on the chart.').waitFor()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Text' })
  await dialog.getByRole('textbox', { name: 'Text' }).fill('Breakout')
  await dialog.getByRole('textbox', { name: 'Price' }).fill('91000')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  await expect
    .poll(() => drawings(page), POLL)
    .toMatchObject([{ text: 'Breakout', points: [{ price: 91_000 }] }])
  const [before] = await drawings(page)
  await button(page, 'Rectangle').focus()
  await page.keyboard.press('ArrowRight')
  await expect
    .poll(async () => (await drawings(page))[0]?.points[0]?.time, POLL)
    .toBe((before?.points[0]?.time ?? 0) + 60)
  await button(page, 'List of drawings').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Drawings' }).getByText('Breakout').waitFor()
  expect(await findings(page)).toEqual([])
  // The chart is taken down with its drawings, without an error in the console.
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Markets' }).click()
  await page.getByRole('heading', { name: 'Markets' }).waitFor()
})

it('goes to a date, in a timeframe that reaches it', async () => {
  const page = await trade()
  await button(page, 'Go to date').click()
  const dialog = page.getByRole('dialog', { name: 'Go to date' })
  const day = Math.floor(Date.now() / 86_400_000 - 100) * 86_400
  await dialog.getByLabel(/^Date and time/).fill(new Date(day * 1_000).toISOString().slice(0, 16))
  await dialog.getByText('So far back, the chart shows candles of 15m').waitFor()
  await dialog.getByRole('button', { name: 'Go', exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
  await region(page).getByText('BTC/USDT · 15m').waitFor()
  await button(page, 'Go to latest').waitFor()
  const { x, y } = await spot(page, 0.5, 0.3)
  // The candle is in the middle of the candles' width, which is less than the chart's.
  const width = x - (await spot(page, 0, 0)).x
  const opens = new Set<number>()
  for (let left = 0; left < width * 0.2; left += 3) {
    await page.mouse.move(x - left, y)
    opens.add(await shownOpen(page))
  }
  expect(opens).toContain(openAt(day))
})

it('shows all days of the daily chart', async () => {
  const page = await trade()
  await region(page).getByRole('radio', { name: '1d', exact: true }).click()
  await region(page).getByText('BTC/USDT · 1d').waitFor()
  await chartOf(page)
  const { x, y } = await spot(page, 0, 0.3)
  await expect
    .poll(async () => {
      // The first candle is as narrow as a pixel or two.
      const opens: number[] = []
      for (const right of [3, 2, 1, 0]) {
        await page.mouse.move(x + right, y)
        opens.push(await shownOpen(page))
      }
      return opens
    }, POLL)
    .toContain(openAt(beginning()))
})

it('makes a picture', async () => {
  const page = await trade()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: SITE })
  const download = page.waitForEvent('download')
  await choose(page, 'Picture of the chart', 'Download picture')
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^BTCUSDT-1m-\d{4}-\d\d-\d\d-\d{4}\.png$/)
  const path = join(await mkdtemp(join(tmpdir(), 'velox-')), 'chart.png')
  await file.saveAs(path)
  const bytes = await readFile(path)
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  await choose(page, 'Picture of the chart', 'Copy picture')
  await toastOf(page, 'The picture was copied').waitFor()
  const types = await page.evaluate(async () => (await navigator.clipboard.read())[0]?.types)
  expect(types).toContain('image/png')
})

it('shows the chart and the tables in the chosen time zone', async () => {
  const page = await trade()
  await choose(page, /^Times in/, 'Tokyo')
  await button(page, 'Times in UTC+9').waitFor()
  await page.getByRole('tab', { name: 'Position history' }).click()
  await choose(page, /^Times in/, 'Kolkata')
  await button(page, 'Times in UTC+5:30').waitFor()
  await page.getByRole('tab', { name: 'Account history' }).click()
  await page.getByText('UTC+5:30').nth(1).waitFor()
})

it('fits a phone, and is drawn on by a finger', async () => {
  const page = await trade({ viewport: PHONE, hasTouch: true, isMobile: true })
  expect(await overflow(page)).toBe(0)
  const found: string[] = []
  for (const menu of [
    'All timeframes',
    /^Chart type/,
    'Indicators',
    'Drawing tools',
    'Chart options',
  ]) {
    await button(page, menu).tap()
    await page.getByRole('menu').waitFor()
    found.push(...(await findings(page)))
    expect(await overflow(page)).toBe(0)
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
  expect(found).toEqual([])
  await choose(page, 'All timeframes', '4h')
  await region(page).getByText('BTC/USDT · 4h').waitFor()
  await chartOf(page)

  await choose(page, 'Drawing tools', 'Rectangle')
  await region(page).getByText('Rectangle: drag on the chart, or press twice.').waitFor()
  const corners: Share[] = [
    [0.2, 0.3],
    [0.5, 0.5],
  ]
  for (const share of corners) {
    const { x, y } = await spot(page, ...share)
    await page.touchscreen.tap(x, y)
  }
  await expect.poll(() => drawings(page), POLL).toMatchObject([{ tool: 'rectangle' }])
  const [drawn] = await drawings(page)
  await swipe(page, [0.5, 0.4], [0.6, 0.45])
  await expect.poll(async () => (await drawings(page))[0], POLL).not.toEqual(drawn)
  await button(page, 'Delete the drawing (Delete)').tap()
  await expect.poll(() => drawings(page), POLL).toEqual([])
  await choose(page, 'Drawing tools', 'Restore what was deleted last')
  await expect.poll(() => drawings(page), POLL).toHaveLength(1)
})

/** Moves a finger. */
async function swipe(page: Page, from: Share, to: Share): Promise<void> {
  const [a, b] = [await spot(page, ...from), await spot(page, ...to)]
  const session = await page.context().newCDPSession(page)
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: object[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints } as never)
  await send('touchStart', [a])
  for (const share of [0.5, 1]) {
    await send('touchMove', [{ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }])
  }
  await send('touchEnd', [])
  await session.detach()
}
