// How much JavaScript the trading page loads before it can be used, as the gateway sends it; fails
// above the budget. Run after `vite build`.

import { existsSync, readFileSync, statSync } from 'node:fs'

const KB = 1000
const BUDGET_KB = { 'without the chart library': 245, 'with the chart library': 325 }
const PAGE = 'src/pages/trade-page.tsx'
/** The larger one of its layouts. */
const VIEW = 'src/pages/trade-desktop.tsx'
const ENTRY = 'index.html'
const TEXTS = 'src/locales/en/trade.po'
const CHART =
  /lightweight-charts|features\/chart\/(chart-canvas|chart-toolbar|chart-footer|drawing-tools)/

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** A chunk and everything that it imports. */
function closure(key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the manifest`)
  if (!found.has(key)) {
    found.add(key)
    for (const imported of chunk.imports ?? []) closure(imported, found)
  }
  return found
}

/** The size of a file as it is sent: compressed with Brotli, unless the build left it alone. */
function sizeOf(file) {
  const [plain, compressed] = [new URL(file, dist), new URL(`${file}.br`, dist)]
  return statSync(existsSync(compressed) ? compressed : plain).size
}

const sent = (keys) =>
  [...new Set([...keys].map((key) => manifest[key].file))].reduce(
    (sum, file) => sum + sizeOf(file),
    0,
  )

const page = [PAGE, VIEW, TEXTS].reduce((found, key) => closure(key, found), closure(ENTRY))
const chart = new Set(page)
// The panel that loads the chart is shared with other pages, so it may be in a chunk of its own.
for (const key of [...page].flatMap((key) => manifest[key].dynamicImports ?? [])) {
  if (CHART.test(key)) closure(key, chart)
}
if (chart.size === page.size) throw new Error('the chart is nowhere in the manifest')

const sizes = {
  'without the chart library': sent(page),
  'with the chart library': sent(chart),
}
for (const [name, bytes] of Object.entries(sizes)) {
  const isOver = bytes > BUDGET_KB[name] * KB
  console.log(`/trade ${name}: ${(bytes / KB).toFixed(1)} kB of ${BUDGET_KB[name]} kB`)
  if (isOver) process.exitCode = 1
}
