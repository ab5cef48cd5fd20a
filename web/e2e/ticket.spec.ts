/** Tests of the order form: exits in several levels, the question before an order, the limits. */

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { findings, overflow } from './axe.ts'
import {
  DESKTOP,
  forgive,
  inBrowser,
  openOrder,
  PHONE,
  POLL,
  positionRow,
  register,
  seeChange,
  toastOf,
  visit,
} from './site.ts'

inBrowser()

const size = (page: Page) => page.getByLabel('Size', { exact: true })
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const send = (page: Page) => page.getByRole('button', { name: 'Open long BTC' })
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Confirm order' })

async function trader(viewport: typeof DESKTOP): Promise<Page> {
  const isPhone = viewport === PHONE
  const page = await visit('/register', { viewport, hasTouch: isPhone, isMobile: isPhone })
  await register(page)
  if (isPhone) await page.getByRole('button', { name: 'Trade', exact: true }).click()
  else await seeChange(page, 'price-BTCUSDT')
  await size(page).waitFor()
  return page
}

type Placed = {
  orderId: string
  type: string
  status: string
  triggerPrice: string | null
  qty: string
  reduceOnly: boolean
}

async function resting(page: Page): Promise<Placed[]> {
  const answer = await page.request.get('/api/v1/orders?status=NEW')
  return ((await answer.json()) as { orders: Placed[] }).orders
}

async function twoTakeProfits(page: Page): Promise<void> {
  await page.getByLabel('Take-profit as').getByText('%', { exact: true }).click()
  await page.getByRole('button', { name: 'Add level to take-profit' }).click()
  await field(page, 'Take-profit').fill('20')
  await field(page, 'Take-profit 2').fill('40')
}

it('a market order with levels is confirmed, opens, and places the levels', async () => {
  const page = await trader(DESKTOP)
  await page.getByRole('button', { name: 'Account and settings' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Confirm orders' }).click()
  await page.keyboard.press('Escape')
  await size(page).fill('0.01')
  await twoTakeProfits(page)
  await page.getByLabel('Stop-loss as').getByText('ROE').click()
  await field(page, 'Stop-loss').fill('50')
  expect(await page.getByLabel('Preview').textContent()).toMatch(/Risk \/ reward1 : \d+\.\d\d/)
  await field(page, 'Stop-loss').press('Enter')
  await dialog(page).getByText('Buy 0.01000 BTC, market').waitFor()
  expect(await findings(page)).toEqual([])
  // The button that sends has the focus.
  await page.keyboard.press('Enter')
  const row = positionRow(page, '0.01000 BTC')
  await row.waitFor()
  expect(await row.textContent()).toMatch(/TP [\d,]+\.\d\d.*SL [\d,]+\.\d\d/)
  await expect.poll(async () => (await resting(page)).length, POLL).toBe(1)
  const [level] = await resting(page)
  expect(level).toMatchObject({ type: 'TAKE_PROFIT_MARKET', qty: '0.005', reduceOnly: true })
  await dialog(page).waitFor({ state: 'detached' })

  // What reduces a position ends with it.
  await row.getByRole('button', { name: 'Close BTC position' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close position' }).click()
  await row.waitFor({ state: 'detached' })
  await expect.poll(async () => (await resting(page)).length, POLL).toBe(0)

  await size(page).fill('0.02')
  await send(page).click()
  await dialog(page)
    .getByRole('checkbox', { name: /^Don’t ask again/ })
    .check()
  await dialog(page).getByRole('button', { name: 'Cancel' }).click()
  await send(page).click()
  await positionRow(page, '0.02000 BTC').waitFor()
  expect(await dialog(page).count()).toBe(0)
})

it('the levels of a resting order wait for its fill, on a phone', async () => {
  const page = await trader(PHONE)
  await page.getByLabel('Order type').getByText('Limit', { exact: true }).tap()
  await page.getByText('GTD', { exact: true }).tap()
  await field(page, 'Limit price').fill('50000')
  await size(page).fill('0.01')
  await page.getByLabel('Take-profit as').getByText('Price').tap()
  await page.getByRole('button', { name: 'Add level to take-profit' }).tap()
  await field(page, 'Take-profit').fill('900000')
  await field(page, 'Take-profit 2').fill('950000')
  await page.getByText('when the order fills').waitFor()
  await page.getByRole('button', { name: 'Limit: buy BTC' }).tap()
  const notice = page.getByLabel('Levels that are not placed')
  await notice.getByText('waits for its order to fill').waitFor()
  const [order] = await resting(page)
  expect(order).toMatchObject({ type: 'LIMIT', status: 'NEW' })
  expect(await findings(page)).toEqual([])
  expect(await overflow(page)).toBeLessThanOrEqual(0)

  await page.reload()
  await page.getByRole('button', { name: 'Trade', exact: true }).tap()
  await notice.waitFor()
  const change = { data: { price: '900000' } }
  const answer = await page.request.patch(`/api/v1/orders/${order?.orderId}`, change)
  expect(answer.ok(), await answer.text()).toBe(true)
  await notice.waitFor({ state: 'detached' })
  await expect
    .poll(async () => (await resting(page)).map(({ triggerPrice }) => triggerPrice), POLL)
    .toEqual(['900000'])
})

it('can be used by thumb at 360 px', async () => {
  const page = await trader(PHONE)
  await page.getByLabel('Order type').getByText('Stop limit').tap()
  await page.getByRole('button', { name: 'Add level to stop-loss' }).tap()
  const form = page.getByRole('form')
  const small: string[] = []
  for (const control of await form.locator('button, input').all()) {
    if ((await control.locator('xpath=ancestor::dl').count()) > 0) continue
    const box = await control.boundingBox()
    const name = await control.evaluate((element) => element.outerHTML.slice(0, 80))
    if (box && box.height < 43.5) small.push(`${box.height} ${name}`)
  }
  expect(small).toEqual([])
  expect(await overflow(page)).toBeLessThanOrEqual(0)
})

/** The steps and minimums of Binance's contract; the stack's own markets have none. */
const STEPS = {
  priceTick: '0.1',
  priceTickInt: '10000000',
  quantityStep: '0.001',
  quantityStepInt: '100000',
  minNotional: '100',
  minNotionalInt: '10000000000',
}

it.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)(
  'says the limits of the market, and leads to what is wrong, %s',
  async (_, viewport) => {
    const page = await visit('/register', { viewport })
    await page.route('**/api/v1/markets', async (route) => {
      const { markets } = (await (await route.fetch()).json()) as { markets: object[] }
      await route.fulfill({ json: { markets: markets.map((market) => ({ ...market, ...STEPS })) } })
    })
    await register(page)
    if (viewport === PHONE) await page.getByRole('button', { name: 'Trade', exact: true }).click()
    await size(page).fill('0.0015')
    await page.getByText('Sizes are multiples of 0.001 BTC: 0.00100 or 0.00200').waitFor()
    await size(page).fill('0.001')
    await page.getByText(/^Worth 9\d\.\d\d USD; at least 100\.00 USD$/).waitFor()
    await send(page).click()
    const isFocused = () => size(page).evaluate((input) => input === document.activeElement)
    await expect.poll(isFocused, POLL).toBe(true)
    await size(page).fill('1,5')
    await page.getByText('Write it without separators and with decimals as in 1234.5').waitFor()
    await size(page).fill('0.002')
    await field(page, 'Take-profit').fill('900000.05')
    await page.getByText('Prices are multiples of 0.1: 900,000.00 or 900,000.10').waitFor()
    await field(page, 'Take-profit').fill('')
    await field(page, 'Leverage').fill('100')
    await page.getByTestId('warning-costs').waitFor()
    await page.getByTestId('warning-near').waitFor()
    expect(await findings(page)).toEqual([])
  },
)

it('a size is a share, by the slider and the keyboard', async () => {
  const page = await trader(DESKTOP)
  const slider = page.getByRole('slider', { name: 'Share of the free margin' })
  await slider.focus()
  await page.keyboard.press('End')
  await expect.poll(() => size(page).inputValue(), POLL).toMatch(/^0\.10/)
  await page.getByRole('button', { name: 'Share of the free margin: 25%' }).click()
  expect(await slider.getAttribute('aria-valuetext')).toBe('25 %')
  await page.getByLabel('Size in').getByText('%').click()
  expect(await size(page).inputValue()).toBe('25')
  await page.getByRole('radio', { name: 'Stop', exact: true }).click()
  // Kind and unit are those of the market, also in a new tab.
  const tab = await page.context().newPage()
  await tab.goto('/trade?asset=BTCUSDT')
  await tab.getByLabel('Trigger price').waitFor()
  await tab.getByLabel('Size in').locator('[data-state=on]', { hasText: '%' }).waitFor()
  expect(await size(tab).inputValue()).toBe('')
})

it('warns when removed margin makes a stop-loss useless', async () => {
  const page = await trader(DESKTOP)
  const order = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.01' }
  await openOrder(page, order)
  const row = positionRow(page, '0.01000 BTC')
  await row.waitFor()
  const open = await page.request.get('/api/v1/order/user/orders?status=OPEN')
  const { orders } = (await open.json()) as { orders: { orderId: string }[] }
  const id = orders[0]?.orderId ?? ''
  const more = { data: { amount: '200' }, headers: { 'Idempotency-Key': crypto.randomUUID() } }
  expect((await page.request.post(`/api/v1/positions/${id}/margin`, more)).ok()).toBe(true)
  const stop = { data: { stopLoss: '75000' } }
  expect((await page.request.patch(`/api/v1/order/${id}`, stop)).ok()).toBe(true)

  await row.getByRole('button', { name: 'More actions for BTC position' }).click()
  await page.getByRole('menuitem', { name: 'Add or remove margin…' }).click()
  const margin = page.getByRole('dialog')
  await margin.getByText('Remove', { exact: true }).click()
  await margin.getByLabel('Amount to remove').fill('150')
  await margin.getByTestId('margin-warning').getByText('The stop-loss at 75,000.00').waitFor()
  await margin.getByLabel('Amount to remove').fill('1')
  await margin.getByTestId('margin-warning').waitFor({ state: 'detached' })
})

it('keeps a level that is refused, and says why', async () => {
  const page = await trader(DESKTOP)
  await size(page).fill('0.01')
  await twoTakeProfits(page)
  forgive(/422/)
  await page.route('**/api/v1/orders', async (route) => {
    const body = route.request().postData() ?? ''
    if (!body.includes('TAKE_PROFIT_MARKET')) return route.continue()
    const json = { error: 'The trigger is reached already.', code: 'WOULD_TRIGGER', fields: {} }
    return route.fulfill({ status: 422, json })
  })
  await send(page).click()
  await toastOf(page, 'Not placed: Take-profit at').waitFor()
  const notice = page.getByLabel('Levels that are not placed')
  await notice.getByText('The trigger is reached already.').waitFor()
  await page.unroute('**/api/v1/orders')
  await notice.getByRole('button', { name: 'Place again' }).click()
  await notice.waitFor({ state: 'detached' })
  expect(await resting(page)).toHaveLength(1)
})
