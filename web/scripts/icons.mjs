// The icons of the installed page, drawn from the logo: `node scripts/icons.mjs` after it has changed.

import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from './chromium.mjs'

const path = (name) => fileURLToPath(new URL(`../public/${name}`, import.meta.url))
const logo = readFileSync(path('favicon.svg'), 'utf8')
/** The logo with square corners: a platform cuts a maskable icon to a shape of its own. */
const square = logo.replace(/ rx="\d+"/, '')
/** The share of a maskable icon that no platform cuts off. */
const SAFE = 0.8

const ICONS = [
  ['icon-192', 192, logo, 1],
  ['icon-512', 512, logo, 1],
  ['maskable-192', 192, square, SAFE],
  ['maskable-512', 512, square, SAFE],
  // iOS cuts corners off and shows no transparency.
  ['apple-touch-icon', 180, square, 0.9],
]

mkdirSync(path('icons'), { recursive: true })
const browser = await launchChromium()
const page = await browser.newPage()
for (const [name, size, svg, share] of ICONS) {
  const background = share === 1 ? 'transparent' : svg.match(/fill="(#[0-9a-f]+)"/)[1]
  const drawn = svg.replace('<svg ', `<svg width="${size * share}" height="${size * share}" `)
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${background}}</style>${drawn}`,
  )
  await page.screenshot({ path: path(`icons/${name}.png`), omitBackground: share === 1 })
}
await browser.close()
console.log(`written to ${path('icons')}`)
