// How long one waits for the chart: from asking for /trade, signed in, until candles are painted
// and can be scrolled, on a stack that runs at VELOX_URL and has answered before. Measured by the
// page's own clock, with nothing in the browser's cache, and again with everything in it.
//
//   npm run bench:load
//
// Then the same on a slow line, of 400 ms and 200 kB/s: until the largest content is painted.

import { launchChromium, register } from './chromium.mjs'

const SITE = process.env.VELOX_URL ?? 'http://localhost:3000'
const RUNS = Number(process.env.RUNS ?? 10)
const GOAL_MS = 1_500
const READY = '[data-testid=chart][data-state=ready]'

/** Runs in the page, before its scripts: notes when the chart is there and a frame shows it. */
function watch(selector) {
  const look = new MutationObserver(() => {
    if (!document.querySelector(selector)) return
    look.disconnect()
    requestAnimationFrame(() => setTimeout(() => (window.chartReadyMs = performance.now())))
  })
  const options = { subtree: true, childList: true, attributeFilter: ['data-state'] }
  look.observe(document, options)
}

async function load(page) {
  await page.goto('/trade?asset=BTCUSDT', { waitUntil: 'commit' })
  const ready = await page.waitForFunction(() => window.chartReadyMs)
  return ready.jsonValue()
}

/** One visit with an empty cache, one with a full one. */
async function visit(browser, storageState) {
  const viewport = { width: 1440, height: 900 }
  const context = await browser.newContext({ baseURL: SITE, viewport, storageState })
  await context.addInitScript(watch, READY)
  const page = await context.newPage()
  const first = await load(page)
  // Away in between: the second visit is a new page, not a reload, which would ask for everything.
  await page.goto('about:blank')
  const again = await load(page)
  await context.close()
  return [first, again]
}

const SLOW = {
  offline: false,
  latency: 400,
  downloadThroughput: 200_000,
  uploadThroughput: 200_000,
}
const SLOW_GOAL_MS = 2_500
const SLOW_SETTLED_MS = 12_000
const PATHS = ['/', '/markets', '/trade?asset=BTCUSDT']

/** Returns when the largest content of a page was painted, on a slow line with an empty cache. */
async function slowVisit(browser, storageState, path) {
  const context = await browser.newContext({
    baseURL: SITE,
    viewport: { width: 1440, height: 900 },
    storageState,
  })
  await context.addInitScript(() => {
    window.paints = []
    const note = (list) => list.getEntries().forEach((entry) => window.paints.push(entry.startTime))
    new PerformanceObserver(note).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', SLOW)
  await page.goto(path, { waitUntil: 'commit', timeout: 60_000 })
  await page.waitForTimeout(SLOW_SETTLED_MS)
  const paints = await page.evaluate(() => window.paints)
  await context.close()
  return [paints[0], paints.at(-1)]
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const browser = await launchChromium()
try {
  const context = await browser.newContext({ baseURL: SITE })
  const page = await context.newPage()
  await register(page)
  await page.locator(READY).waitFor()
  const storageState = await context.storageState()
  await context.close()
  await visit(browser, storageState)

  const runs = []
  for (let run = 0; run < RUNS; run += 1) runs.push(await visit(browser, storageState))
  for (const [index, name] of ['nothing cached', 'everything cached'].entries()) {
    const times = runs.map((run) => run[index])
    const [middle, least, most] = [median(times), Math.min(...times), Math.max(...times)]
    console.log(
      `chart interactive, ${name.padEnd(18)} ${middle.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)}), at most ${GOAL_MS} ms`,
    )
    if (middle > GOAL_MS) process.exitCode = 1
  }
  for (const path of PATHS) {
    const visits = []
    for (let run = 0; run < 3; run += 1) visits.push(await slowVisit(browser, storageState, path))
    const [first, largest] = [0, 1].map((index) => median(visits.map((each) => each[index])))
    console.log(
      `on a slow line, ${path.padEnd(22)} first content ${first.toFixed(0)} ms, largest ${largest.toFixed(0)} ms, at most ${SLOW_GOAL_MS} ms`,
    )
    if (largest > SLOW_GOAL_MS) process.exitCode = 1
  }
} finally {
  await browser.close()
}
