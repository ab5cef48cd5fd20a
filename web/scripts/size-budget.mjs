// How much JavaScript the trading page loads before it can be used, compressed; fails above the
// budget. Run after `vite build`.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const KB = 1000
const BUDGET_KB = { 'without the chart library': 250, 'with the chart library': 400 }
const PAGE = 'src/pages/trade-page.tsx'
const ENTRY = 'index.html'
const CHART = /lightweight-charts|features\/chart\/chart-canvas/

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** The files of a chunk and of everything that it imports. */
function closure(key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the manifest`)
  if (!found.has(chunk.file)) {
    found.add(chunk.file)
    for (const imported of chunk.imports ?? []) closure(imported, found)
  }
  return found
}

const gzipped = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0)

const page = closure(PAGE, closure(ENTRY))
const chart = new Set(page)
for (const key of manifest[PAGE].dynamicImports ?? []) {
  if (CHART.test(key)) closure(key, chart)
}

const sizes = {
  'without the chart library': gzipped(page),
  'with the chart library': gzipped(chart),
}
for (const [name, bytes] of Object.entries(sizes)) {
  const isOver = bytes > BUDGET_KB[name] * KB
  console.log(`/trade ${name}: ${(bytes / KB).toFixed(1)} kB of ${BUDGET_KB[name]} kB`)
  if (isOver) process.exitCode = 1
}
