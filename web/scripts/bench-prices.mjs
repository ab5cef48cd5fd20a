// What the trading page costs while prices pour in: 1,000 a second with 300 open positions and 100
// lines of resting orders on the chart, over the built files, in a real browser, measured by the
// browser's own counters and trace. `HEAP_MINUTES=10` also follows the heap for that long.
//
//   npm run build && npm run bench

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { launchChromium } from './chromium.mjs'

const PRICES_PER_S = Number(process.env.PRICES_PER_S ?? 1_000)
const POSITIONS = Number(process.env.POSITIONS ?? 300)
const LINES = Number(process.env.LINES ?? 100)
const HEAP_MINUTES = Number(process.env.HEAP_MINUTES ?? 0)
const WARM_UP_MS = 3_000
const MEASURED_MS = 10_000
/** The goals: a share of one core, and a frame. */
const SCRIPT_SHARE_MAX = 0.4
const TASK_MS_MAX = 50
/** By how much the heap may have grown at the end: what a page keeps of 600,000 prices is a leak. */
const HEAP_GROWTH_MAX = 0.1

const SCALE = 100_000_000
const MID = { BTCUSDT: 92_000, ETHUSDT: 3_400, SOLUSDT: 155 }
const ASSETS = Object.keys(MID)
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const TYPES = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
}

const fixed = (value) => Number(value.toFixed(6))
const scaled = (value) => String(Math.round(value * SCALE))

function position(index) {
  const asset = ASSETS[index % ASSETS.length]
  const isLong = index % 2 === 0
  const entry = MID[asset] * (1 + (index % 7) / 1_000)
  const leverage = 1 + (index % 20)
  return {
    orderId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    asset,
    orderType: isLong ? 'LONG' : 'SHORT',
    leverage,
    status: 'OPEN',
    createdAt: Date.now() - index * 1_000,
    qtyInt: scaled(0.01),
    marginInt: scaled((entry * 0.01) / leverage),
    executionPriceInt: scaled(entry),
    liquidationPriceInt: scaled(entry * (isLong ? 1 - 0.9 / leverage : 1 + 0.9 / leverage)),
    stopLossInt: null,
    takeProfitInt: null,
  }
}

/** A limit order in the market of the chart, each at a price of its own. */
function restingOrder(index) {
  const isBuy = index % 2 === 0
  const away = (1 + Math.floor(index / 2)) / 2_000
  return {
    orderId: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
    clientOrderId: null,
    asset: 'BTCUSDT',
    side: isBuy ? 'BUY' : 'SELL',
    type: 'LIMIT',
    timeInForce: 'GTC',
    status: 'NEW',
    qtyInt: scaled(0.01),
    priceInt: scaled(MID.BTCUSDT * (isBuy ? 1 - away : 1 + away)),
    triggerPriceInt: null,
    callbackBps: null,
    stopPriceInt: null,
    activatedAt: null,
    reduceOnly: false,
    closePosition: false,
    positionSide: null,
    positionId: null,
    leverage: 10,
    stopLossInt: null,
    takeProfitInt: null,
    reservedInt: scaled(92),
    filledQtyInt: '0',
    averagePriceInt: null,
    createdAt: Date.now() - index * 1_000,
    updatedAt: Date.now() - index * 1_000,
  }
}

function candles(asset, lengthS) {
  const end = Math.floor(Date.now() / 1000 / lengthS) * lengthS
  return Array.from({ length: 500 }, (_, index) => {
    const open = MID[asset] * (1 + Math.sin(index / 20) / 200)
    const time = end - (499 - index) * lengthS
    const [high, low, close] = [open * 1.001, open * 0.999, open * 1.0002].map(fixed)
    return { time, open: fixed(open), high, low, close, volume: 5 }
  })
}

function market(symbol) {
  return {
    symbol,
    name: symbol,
    baseAsset: symbol.slice(0, 3),
    quoteAsset: symbol.slice(3),
    feedSymbol: symbol,
    priceDecimals: 2,
    quantityDecimals: 4,
    maxLeverage: 100,
    spreadBps: 10,
    liquidationLossBps: 9_000,
    stalePriceMs: null,
    priceTickInt: null,
    quantityStepInt: null,
    minQuantityInt: null,
    minNotionalInt: null,
    status: 'TRADING',
    makerFeePpm: 0,
    takerFeePpm: 0,
    liquidationFeePpm: 0,
    funding: null,
    brackets: [],
    liquidationModel: 'MARGIN_LOSS',
    triggerPrice: 'QUOTE',
  }
}

function answer(url) {
  const { pathname, searchParams } = new URL(url, 'http://bench')
  if (pathname === '/config.json') return { wsUrl: `ws://127.0.0.1:${sockets.address().port}` }
  if (pathname.endsWith('/markets')) return { markets: ASSETS.map(market) }
  if (pathname.endsWith('/me'))
    return { user: { userId: 'u', email: 'bench@example.com', phone: null, guest: false } }
  if (pathname.endsWith('/ws-ticket')) return { ticket: 't' }
  if (pathname.endsWith('/balance')) {
    return { balance: { balanceInt: scaled(1_000_000), usedMarginInt: scaled(1_000) } }
  }
  if (pathname === '/api/v1/accounts') return { accounts: [] }
  if (pathname === '/api/v1/account/settings') return { positionMode: 'SEPARATE', leverages: [] }
  if (pathname === '/api/v1/tickers') return { tickers: [] }
  if (pathname === '/api/v1/orders') {
    const isOpen = searchParams.get('status') === 'NEW'
    return {
      orders: isOpen ? Array.from({ length: LINES }, (_, i) => restingOrder(i)) : [],
      nextCursor: null,
    }
  }
  if (pathname.endsWith('/orders')) {
    const isOpen = searchParams.get('status') === 'OPEN'
    return {
      orders: isOpen ? Array.from({ length: POSITIONS }, (_, i) => position(i)) : [],
      nextCursor: null,
    }
  }
  if (pathname === '/candles') {
    return {
      candles: candles(searchParams.get('asset'), searchParams.get('duration') === '1m' ? 60 : 900),
    }
  }
  return null
}

const pages = createServer(async (request, response) => {
  const json = answer(request.url)
  if (json) {
    response.setHeader('Content-Type', 'application/json')
    return response.end(JSON.stringify(json))
  }
  const path = request.url.split('?')[0]
  const file = extname(path) ? path : '/index.html'
  try {
    const body = await readFile(join(DIST, file))
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream')
    response.end(body)
  } catch {
    response.writeHead(404).end()
  }
})

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
let sent = 0

sockets.on('connection', (socket) => {
  socket.once('message', () => {
    const who = { type: 'connection', status: 'authenticated', feed: 'sim', userId: 'u' }
    socket.send(JSON.stringify(who))
    const begin = Date.now()
    let count = 0
    const timer = setInterval(() => {
      const due = ((Date.now() - begin) / 1000) * PRICES_PER_S
      for (; count < due; count += 1) {
        for (const text of prices(count)) socket.send(text)
        sent += 1
      }
    }, 4)
    socket.on('close', () => clearInterval(timer))
  })
})

/** A price of one asset after the other; every third comes with its candle, as the server sends it. */
function prices(count) {
  const symbol = ASSETS[count % ASSETS.length]
  const mid = MID[symbol] * (1 + Math.sin(count / 300) / 500)
  const data = {
    bidPrice: fixed(mid * 0.9995),
    askPrice: fixed(mid * 1.0005),
    timestamp: Date.now(),
  }
  const price = JSON.stringify({ type: 'price_update', symbol, data })
  if (symbol !== 'BTCUSDT') return [price]
  const time = Math.floor(Date.now() / 60_000) * 60
  const candle = {
    time,
    open: fixed(mid),
    high: fixed(mid * 1.001),
    low: fixed(mid * 0.999),
    close: fixed(mid),
    volume: count / 1000,
    partial: false,
  }
  return [price, JSON.stringify({ type: 'candle_update', symbol, duration: '1m', data: candle })]
}

async function metrics(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

/** Tasks of the main threads of pages, in ms of the processor. */
function tasks(events) {
  const idOf = ({ pid, tid }) => `${pid}/${tid}`
  const isMain = (e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain'
  const mains = new Set(events.filter(isMain).map(idOf))
  const isTask = (e) => e.name === 'RunTask' && e.tdur && mains.has(idOf(e))
  return events.filter(isTask).map((e) => e.tdur / 1000)
}

async function measure(page) {
  const session = await page.context().newCDPSession(page)
  // Of the processor, so that what else the machine does at the same time does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const browserSession = await page.context().browser().newBrowserCDPSession()
  const events = []
  browserSession.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await browserSession.send('Tracing.start', {
    traceConfig: {
      includedCategories: [
        'disabled-by-default-devtools.timeline',
        'devtools.timeline',
        'toplevel',
        '__metadata',
      ],
    },
  })
  const [before, sentBefore, begin] = [await metrics(session), sent, Date.now()]
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS))
  const [after, sentAfter, ms] = [await metrics(session), sent, Date.now() - begin]
  const complete = new Promise((resolve) => browserSession.once('Tracing.tracingComplete', resolve))
  await browserSession.send('Tracing.end')
  await complete
  const share = (name) => (after[name] - before[name]) / (ms / 1000)
  return {
    prices: ((sentAfter - sentBefore) / ms) * 1000,
    script: share('ScriptDuration'),
    style: share('RecalcStyleDuration') + share('LayoutDuration'),
    all: share('TaskDuration'),
    longest: Math.max(...tasks(events)),
  }
}

/** The bytes in use, after what nobody refers to has been collected. */
async function heap(session) {
  await session.send('HeapProfiler.collectGarbage')
  return (await metrics(session)).JSHeapUsedSize
}

/** Follows the heap, minute by minute. Returns its growth from the first minute to the last. */
async function followHeap(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const sizes = []
  for (let minute = 0; minute <= HEAP_MINUTES; minute += 1) {
    if (minute > 0) await page.waitForTimeout(60_000)
    sizes.push(await heap(session))
  }
  const megabytes = sizes.map((size) => (size / 1e6).toFixed(1)).join(' ')
  console.log(`heap by minute, in MB        ${megabytes}`)
  return sizes.at(-1) / sizes[1] - 1
}

await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve))
const browser = await launchChromium()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(`http://127.0.0.1:${pages.address().port}/trade?asset=BTCUSDT`)
  await page.waitForSelector('[data-testid=chart][data-state=ready]')
  await page.waitForFunction(
    (n) => document.querySelector('[role=tab]')?.textContent === `Positions (${n})`,
    POSITIONS,
  )
  await page.waitForTimeout(WARM_UP_MS)
  const { prices, script, style, all, longest } = await measure(page)
  const percent = (share) => `${(share * 100).toFixed(1)} %`
  console.log(
    `prices a second              ${prices.toFixed(0)}, with ${POSITIONS} positions and ${LINES} orders`,
  )
  console.log(
    `scripting                    ${percent(script)} of one core, at most ${percent(SCRIPT_SHARE_MAX)}`,
  )
  console.log(`style and layout             ${percent(style)}`)
  console.log(`the main thread in all       ${percent(all)}`)
  console.log(`longest task                 ${longest.toFixed(1)} ms, at most ${TASK_MS_MAX} ms`)
  if (script > SCRIPT_SHARE_MAX || longest > TASK_MS_MAX) process.exitCode = 1
  if (HEAP_MINUTES > 0 && (await followHeap(page)) > HEAP_GROWTH_MAX) process.exitCode = 1
} finally {
  await browser.close()
  sockets.close()
  for (const socket of sockets.clients) socket.terminate()
  pages.closeAllConnections()
  pages.close()
}
