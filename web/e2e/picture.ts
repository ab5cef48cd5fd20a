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
const SHARE_MAX = 0.005

/**
 * Replaces the page by a copy that no longer changes, without what is never twice the same: figures
 * become zeros, gains and losses have one colour, and what is drawn at prices is hidden.
 */
function freeze(page: Page): Promise<void> {
  return page.evaluate(() => {
    const copy = document.body.cloneNode(true) as HTMLElement
    const drawn =
      '[data-testid=chart] *, [data-testid=chart] ~ fieldset *, [data-testid=trades] *, [aria-label=Markets] [role=row] *, svg[role=img], polyline'
    for (const each of copy.querySelectorAll<HTMLElement>(drawn)) each.style.visibility = 'hidden'
    const steady = (text: string) => text.replace(/[-+−]?\d[\d.,]*/g, '0')
    const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const { currentNode: text } = texts
      text.nodeValue = steady(text.nodeValue ?? '')
    }
    for (const input of copy.querySelectorAll('input')) {
      input.setAttribute('value', steady(input.getAttribute('value') ?? ''))
    }
    for (const name of ['--v-up', '--v-down']) {
      document.documentElement.style.setProperty(name, 'var(--v-ink)')
    }
    document.body.replaceWith(copy)
  })
}

/** Compares the visible part of a page. Returns what is wrong with it, or null. */
export async function difference(page: Page, name: string): Promise<string | null> {
  await page.evaluate(() => document.fonts.ready)
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached' })
  await freeze(page)
  const shot = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'device' })
  const known = join(FOLDER, `${name}.png`)
  const before = await readFile(known).catch(() => null)
  if (IS_ACCEPTED) {
    await mkdir(FOLDER, { recursive: true })
    await writeFile(known, shot)
    return null
  }
  const share = before === null ? 1 : compare(PNG.sync.read(before), PNG.sync.read(shot))
  if (share <= SHARE_MAX) return null
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
