import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { chartOf, inBrowser, openOrder, POLL, positionRow, register, visit } from './site.ts'

inBrowser()

type Spot = { x: number; y: number }

/** Returns the first spot, from the top or the bottom, with a draggable line. */
async function findGrip(page: Page, from: 'top' | 'bottom'): Promise<Spot> {
  const chart = await chartOf(page)
  const box = await chart.boundingBox()
  if (!box) throw new Error('the chart has no box')
  const x = box.x + box.width / 3
  const heights = Array.from({ length: Math.floor(box.height / 4) }, (_, index) => index * 4 + 2)
  if (from === 'bottom') heights.reverse()
  // Lines appear with the next frame and move with the scale, so the search is repeated.
  const handle = await page.waitForFunction(
    ([element, x, top, heights]) =>
      heights.find((down) => {
        const at = { clientX: x, clientY: top + down, bubbles: true }
        element?.dispatchEvent(new PointerEvent('pointermove', at))
        return element?.style.cursor === 'ns-resize'
      }),
    [await chart.elementHandle(), x, box.y, heights] as const,
  )
  return { x, y: box.y + Number(await handle.jsonValue()) }
}

async function drag(page: Page, { x, y }: Spot, toY: number): Promise<void> {
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x, toY, { steps: 4 })
  await page.mouse.up()
}

it('drags a take-profit from the entry line, and moves it', async () => {
  const page = await visit('/register')
  await register(page)
  await page.goto('/trade?asset=BTCUSDT')
  await openOrder(page, { asset: 'BTCUSDT', orderType: 'SHORT', leverage: 10, qty: '0.01' })
  const row = positionRow(page, '0.01000 BTC')
  await row.waitFor()
  const exits = () => row.textContent().then((text) => /TP ([\d,.]+)/.exec(text ?? '')?.[1] ?? '')
  expect(await exits()).toBe('')

  // Below the lowest price on the screen, so that no tick of the next minutes triggers it.
  const box = await (await chartOf(page)).boundingBox()
  const low = (box?.y ?? 0) + (box?.height ?? 0) - 40
  await drag(page, await findGrip(page, 'top'), low)
  const asked = page.getByRole('dialog', { name: 'Set take-profit' })
  await asked.getByText(/closes at/).waitFor()
  await asked.getByRole('button', { name: 'Set', exact: true }).click()
  await expect.poll(exits, POLL).not.toBe('')

  const before = await exits()
  const grip = await findGrip(page, 'bottom')
  await drag(page, grip, grip.y - 20)
  const moved = page.getByRole('dialog', { name: 'Move take-profit' })
  await moved.getByRole('button', { name: 'Move', exact: true }).click()
  await expect.poll(exits, POLL).not.toBe(before)
  await moved.waitFor({ state: 'hidden' })
})
