// Every page at desktop and phone size, as files to look at, from a stack that runs at VELOX_URL.
// `-- --docs` also renews the pictures of the README.

import { copyFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium, register } from './chromium.mjs'

const SITE = process.env.VELOX_URL ?? 'http://localhost:3000'
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
const WALL = { width: 3840, height: 2160 }
const FOR_EVERYBODY = [
  ['landing', '/'],
  ['markets', '/markets'],
  ['sign-in', '/signin'],
  ['register', '/register'],
  ['help', '/help'],
  ['missing', '/nowhere'],
]
const PHONE_VIEWS = [
  ['Trade', 'order'],
  ['Positions', 'positions'],
  ['Account', 'account'],
]
/** What is worth showing to who has not been there yet, and what it is called in docs/images. */
const IN_DOCS = {
  'trade-desktop': 'trade',
  'trade-light-desktop': 'trade-light',
  'trade-phone': 'trade-phone',
  'trade-positions-phone': 'trade-phone-positions',
  'trade-account-phone': 'trade-phone-account',
}
/** As the chart remembers it. */
const CHART = JSON.stringify({ timeframe: '15m', indicators: ['ma7', 'ma25', 'volume'] })

const folder = (path) => {
  const made = fileURLToPath(new URL(path, import.meta.url))
  mkdirSync(made, { recursive: true })
  return made
}
const shots = folder('../screenshots/')
const images = process.argv.includes('--docs') ? folder('../../docs/images/') : null

const browser = await launchChromium()

/** Until fonts, candles and prices are there. */
async function settle(page) {
  await page.getByRole('main').waitFor()
  await page.evaluate(() => document.fonts.ready)
  const chart = page.getByRole('region', { name: 'Chart' })
  if ((await chart.count()) > 0)
    await page.locator('[data-testid=chart][data-state=ready]').waitFor()
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-testid^=price-]')].every((e) => /\d/.test(e.textContent)),
  )
}

async function shoot(page, name) {
  await settle(page)
  const path = `${shots}${name}.png`
  await page.screenshot({ path })
  if (images && name in IN_DOCS) copyFileSync(path, `${images}${IN_DOCS[name]}.png`)
}

/** Through the API: what is to be seen is what became of it. */
async function open(page, order) {
  const answer = await page.request.post('/api/v1/order/open', { data: order })
  if (!answer.ok()) throw new Error(await answer.text())
  return (await answer.json()).order
}

async function openSome(page) {
  const first = await open(page, { asset: 'BTCUSDT', orderType: 'LONG', leverage: 20, qty: '0.01' })
  const entry = BigInt(first.executionPriceInt)
  const away = (perMille) => ((entry * (1000n + BigInt(perMille))) / 10n ** 11n).toString()
  await open(page, {
    asset: 'BTCUSDT',
    orderType: 'LONG',
    leverage: 25,
    qty: '0.08',
    stopLoss: away(-6),
    takeProfit: away(9),
  })
  await open(page, { asset: 'ETHUSDT', orderType: 'SHORT', leverage: 10, qty: '0.6' })
  await open(page, { asset: 'SOLUSDT', orderType: 'LONG', leverage: 5, qty: '2.5' })
  await page.request.post(`/api/v1/order/close/${first.orderId}`, { data: {} })
}

async function shootSize(size, viewport) {
  const isPhone = size === 'phone'
  const options = { baseURL: SITE, viewport, reducedMotion: 'reduce', colorScheme: 'dark' }
  const context = await browser.newContext(options)
  await context.addInitScript((chart) => localStorage.setItem('velox.chart', chart), CHART)
  const page = await context.newPage()
  await register(page)
  // Before what comes next, so that positions are some seconds old when they are looked at.
  await openSome(page)

  const visitor = await browser.newContext(options)
  const visit = await visitor.newPage()
  for (const [name, path] of FOR_EVERYBODY) {
    await visit.goto(path)
    await shoot(visit, `${name}-${size}`)
  }
  await visitor.close()

  // The toasts of what was just opened are not what the page looks like.
  await page.goto('/trade?asset=BTCUSDT')
  if (!isPhone) {
    await page.getByRole('button', { name: 'Close ETH position' }).waitFor()
    await page.getByLabel('Size', { exact: true }).fill('0.02')
  }
  await shoot(page, `trade-${size}`)
  if (isPhone) {
    for (const [view, name] of PHONE_VIEWS) {
      await page.getByRole('navigation').getByRole('button', { name: view }).click()
      if (view === 'Account') await page.getByText('Used margin').first().waitFor()
      await shoot(page, `trade-${name}-${size}`)
    }
  } else {
    await page.getByRole('button', { name: 'Account and settings' }).click()
    // From the system's to the light one.
    await page.getByRole('menuitem', { name: 'Theme' }).click()
    await page.keyboard.press('Escape')
    await page.getByLabel('Size', { exact: true }).focus()
    await shoot(page, `trade-light-${size}`)
    await page.setViewportSize(WALL)
    await shoot(page, 'trade-light-4k')
    await page.setViewportSize(viewport)
    await page.evaluate(() => localStorage.clear())
  }
  await page.goto('/portfolio')
  await page.locator('[data-testid=equity-chart][data-state=ready]').waitFor()
  await shoot(page, `portfolio-${size}`)
  await page.goto('/account')
  await page.getByText('This session').waitFor()
  await shoot(page, `account-${size}`)
  await context.close()
}

for (const [size, viewport] of Object.entries(SIZES)) await shootSize(size, viewport)
await browser.close()
console.log(`written to ${shots}`)
