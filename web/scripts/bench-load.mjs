// How long one waits for the chart: from asking for /trade, signed in, until candles are painted
// and can be scrolled, on a stack that runs at VELOX_URL and has answered before. Measured by the
// page's own clock, with nothing in the browser's cache, and again with everything in it.
//
//   npm run bench:load

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
} finally {
  await browser.close()
}
