/** Accessibility checks with axe-core. */

import axe from 'axe-core'
import type { Page } from 'playwright-core'

type Finding = Pick<axe.Result, 'id' | 'impact'> & { nodes: { html: string }[] }
type Axe = { run(options: axe.RunOptions): Promise<{ violations: Finding[] }> }

/** The light theme is only checked for contrast, since the themes differ only in colours. */
const THEMES: [theme: string, options: axe.RunOptions][] = [
  ['dark', {}],
  ['light', { runOnly: ['color-contrast'] }],
]

/** Returns the serious violations of the page, in both themes. */
export async function findings(page: Page): Promise<string[]> {
  // Runs through the debugger, to which the content security policy does not apply.
  await page.evaluate(axe.source)
  const found: string[] = []
  for (const [theme, options] of THEMES) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    const violations = await page.evaluate(async (options) => {
      const { axe } = window as unknown as { axe: Axe }
      return (await axe.run(options)).violations
    }, options)
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      found.push(`${theme} ${page.url()} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
    }
  }
  return found
}

/** Returns the page's excess width over the window (px); a page must not scroll sideways. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}
