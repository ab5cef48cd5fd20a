import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { chartOf, inBrowser, openOrder, PHONE, POLL, register, toastOf, visit } from './site.ts'

inBrowser()

const ORDER = { asset: 'BTCUSDT', orderType: 'LONG', leverage: 10, qty: '0.001' } as const

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1280, height: 720 },
  { width: 1024, height: 768 },
  { width: 768, height: 1024 },
  PHONE,
]

/** Opens positions until there are three toasts. */
async function showThree(page: Page): Promise<void> {
  for (let n = 0; n < 4; n += 1) {
    // One after the other, as a trader would.
    // oxlint-disable-next-line no-await-in-loop
    await openOrder(page, ORDER)
  }
  await expect.poll(() => toastOf(page, 'Opened').count(), POLL).toBe(3)
}

/** Returns the controls that a toast lies over, how many were looked at, and where the toasts are. */
function look(page: Page) {
  return page.evaluate(() => {
    const selector = 'button, input, select, textarea, a[href], [role=tab]'
    const found: string[] = []
    let seen = 0
    for (const control of document.querySelectorAll<HTMLElement>(selector)) {
      if (control.closest('[data-kind]')) continue
      const { left, right, top, bottom } = control.getBoundingClientRect()
      for (const x of [left + 2, (left + right) / 2, right - 2]) {
        for (const y of [top + 2, (top + bottom) / 2, bottom - 2]) {
          const there = document.elementFromPoint(x, y)
          if (!there) continue
          seen += 1
          // What is scrolled out of its panel is not there, whatever lies at its place.
          if (!there.closest('[data-kind], [role=region][aria-label^=Notifications]')) continue
          if (isInView(control, x, y)) found.push(control.outerHTML.slice(0, 90))
        }
      }
    }
    // At one moment: a toast that comes late takes the place of the first one.
    const boxes = [...document.querySelectorAll('[data-kind]')].map((toast) => {
      const { height, bottom } = toast.getBoundingClientRect()
      return { height, bottom }
    })
    return { found, seen, boxes }

    function isInView(control: HTMLElement, x: number, y: number): boolean {
      for (let box = control.parentElement; box; box = box.parentElement) {
        const { left, right, top, bottom } = box.getBoundingClientRect()
        const clips = getComputedStyle(box).overflow !== 'visible'
        if (clips && (x < left || x > right || y < top || y > bottom)) return false
      }
      return true
    }
  })
}

it.each(SIZES)('no toast lies over a control at $width × $height', async (viewport) => {
  const page = await visit('/register', { viewport })
  await register(page)
  await chartOf(page)
  const isPhone = viewport.width < 768
  const views = isPhone ? ['Chart', 'Trade', 'Positions', 'Account'] : ['']
  for (const view of views) {
    if (isPhone) {
      await page
        .getByRole('navigation')
        .getByRole('button', { name: new RegExp(`^${view}`) })
        .click()
    }
    await showThree(page)
    const { found, seen, boxes } = await look(page)
    expect(found, view).toEqual([])
    expect(seen).toBeGreaterThan(20)
    expect(boxes.length).toBeGreaterThan(0)
    for (const { height, bottom } of boxes) {
      expect(height).toBeGreaterThan(20)
      expect(bottom).toBeLessThanOrEqual(viewport.height)
    }
  }
})

it('a toast is announced, waits while it is pointed at, and is dismissed by the keyboard', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  await openOrder(page, ORDER)
  const toast = toastOf(page, 'Opened').first()
  await toast.waitFor()
  await toast.hover()
  const appeared = Date.now()
  // Its time is five seconds; a second toast that is not pointed at shows that they are over.
  await expect.poll(() => Date.now() - appeared, { ...POLL, interval: 500 }).toBeGreaterThan(7_000)
  expect(await toast.count()).toBe(1)
  await page.mouse.move(5, 5)

  await openOrder(page, ORDER)
  await toastOf(page, 'Opened').last().waitFor()
  await page.keyboard.press('F8')
  await page.keyboard.press('Tab')
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest('[data-kind]') !== null), POLL)
    .toBe(true)
  const before = await toastOf(page, 'Opened').count()
  await page.keyboard.press('Escape')
  await expect.poll(() => toastOf(page, 'Opened').count(), POLL).toBe(before - 1)

  await page.getByRole('button', { name: 'Messages' }).click()
  const log = page.getByRole('list', { name: 'Messages' }).getByRole('listitem')
  await expect.poll(() => log.count(), POLL).toBe(2)
})

it('tells assistive technology of a toast', async () => {
  const page = await visit('/register')
  await register(page)
  await chartOf(page)
  const told = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        new MutationObserver(() => {
          const live = document.querySelector('[role=status][aria-live], [aria-live=polite]')
          const texts = [...document.querySelectorAll('[role=status], [aria-live]')]
          const text = texts.map((element) => element.textContent).join(' ')
          if (live && text.includes('Opened')) resolve(text)
        }).observe(document.body, { childList: true, subtree: true, characterData: true })
      }),
  )
  await openOrder(page, ORDER)
  expect(await told).toContain('Opened')
})
