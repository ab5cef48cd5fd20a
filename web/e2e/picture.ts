/**
 * Pictures of pages, compared with those that were looked at and committed. A picture that differs
 * is written to `e2e/pictures/new`, to be looked at; `VELOX_PICTURES=accept` makes it the one to
 * compare with.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pixelmatch from 'pixelmatch'
import type { Page } from 'playwright-core'
import { PNG } from 'pngjs'

const FOLDER = join(import.meta.dirname, 'pictures')
const NEW = join(FOLDER, 'new')
const IS_ACCEPTED = process.env.VELOX_PICTURES === 'accept'

/** The share of pixels that may differ, such as at the edges of letters in another browser version. */
const SHARE_MAX = 0.01

/** Hides what is never twice the same: figures become zeros, charts and sparklines are not shown. */
async function steady(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const drawn of document.querySelectorAll<HTMLElement>('canvas, svg[role=img], polyline')) {
      drawn.style.visibility = 'hidden'
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const { currentNode: text } = texts
      text.nodeValue = (text.nodeValue ?? '').replace(/\d+/g, '0').replace(/[-+−](?=0)/g, '')
    }
  })
}

/** Compares the visible part of a page. Returns what is wrong with it, or null. */
export async function difference(page: Page, name: string): Promise<string | null> {
  await page.evaluate(() => document.fonts.ready)
  await steady(page)
  const shot = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'device' })
  const known = join(FOLDER, `${name}.png`)
  const before = await readFile(known).catch(() => null)
  const share = before === null ? 1 : compare(PNG.sync.read(before), PNG.sync.read(shot))
  if (share <= SHARE_MAX) return null
  if (IS_ACCEPTED) {
    await mkdir(FOLDER, { recursive: true })
    await writeFile(known, shot)
    return null
  }
  await mkdir(NEW, { recursive: true })
  await writeFile(join(NEW, `${name}.png`), shot)
  return before === null
    ? `${name} has no picture yet`
    : `${name} differs in ${(share * 100).toFixed(1)} % of its pixels`
}

function compare(before: PNG, after: PNG): number {
  const { width, height } = before
  if (width !== after.width || height !== after.height) return 1
  return pixelmatch(before.data, after.data, undefined, width, height) / (width * height)
}
