// How much JavaScript the trading page loads before it can be used, as the gateway sends it; fails
// above the budget. Run after `vite build`.

import { existsSync, readFileSync, statSync } from 'node:fs'

const KB = 1000
const BUDGET_KB = { 'without the chart library': 230, 'with the chart library': 280 }
const ENTRY = 'index.html'
const TEXTS = /^src\/locales\/\w+\/trade\.po$/

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

const NAMES = ['trade', 'chart', 'charts', 'desktop', 'phone']

/** The chunks of the first view, as build/chunks.ts names them, and that of the chart library. */
const [TRADE, CHART, CHARTS, ...LAYOUTS] = NAMES.map((name) => {
  // Without the texts, whose file has the same name as the chunk of the page.
  const isNamed = ([key, chunk]) =>
    !TEXTS.test(key) && chunk.name === name && chunk.file.endsWith('.js')
  const found = Object.entries(manifest).filter(isNamed)
  if (found.length !== 1) throw new Error(`${found.length} chunks are called ${name}`)
  return found[0][0]
})

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
function sizeOf(key) {
  const { file } = manifest[key]
  const [plain, compressed] = [new URL(file, dist), new URL(`${file}.br`, dist)]
  return statSync(existsSync(compressed) ? compressed : plain).size
}

const first = closure(TRADE, closure(ENTRY))
const shared = [...closure(CHART, new Set(first))]
if (!shared.includes(CHARTS)) throw new Error('the first view has no chart')
const total = (keys) => keys.reduce((sum, key) => sum + sizeOf(key), 0)
// In the language with the longest texts.
const texts = Math.max(
  ...Object.keys(manifest)
    .filter((key) => TEXTS.test(key))
    .map(sizeOf),
)

// The page's own HTML requests all but the chart, as build/preloads.ts has written it.
const html = readFileSync(new URL('trade.html', dist), 'utf8')
for (const key of new Set(LAYOUTS.flatMap((layout) => [...closure(layout, new Set(first))]))) {
  const { file } = manifest[key]
  if (!html.includes(`href="/${file}"`) && !html.includes(`src="/${file}"`)) {
    throw new Error(`trade.html does not request ${file}`)
  }
}

for (const [index, layout] of ['desktop', 'phone'].entries()) {
  const whole = total([...closure(LAYOUTS[index], new Set(shared))]) + texts
  const sizes = {
    'without the chart library': whole - sizeOf(CHARTS),
    'with the chart library': whole,
  }
  for (const [name, bytes] of Object.entries(sizes)) {
    const isOver = bytes > BUDGET_KB[name] * KB
    console.log(
      `/trade, ${layout}, ${name}: ${(bytes / KB).toFixed(1)} kB of ${BUDGET_KB[name]} kB`,
    )
    if (isOver) process.exitCode = 1
  }
}
