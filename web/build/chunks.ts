/**
 * The chunks of what the first view of the trading page needs. Few large ones: together they are an
 * eighth smaller, compressed, than the many small ones that the bundler would make of them.
 */

import type { Rolldown } from 'vite'

type Graph = Rolldown.ChunkingContext
type Name = Rolldown.CodeSplittingNameFunction

/** What draws charts, which other pages load with theirs. */
const CHARTS = /\/(node_modules\/(lightweight-charts|fancy-canvas)\/|src\/ui\/chart-frame\.ts)/

const ENTRY = 'main.tsx'

/** What the trading page shows first, whatever its layout. */
const TRADE = ['pages/trade-page.tsx']

/** The chart with its tools, which come after the rest of the page. */
const CHART = [
  'features/chart/chart-canvas.tsx',
  'features/chart/chart-toolbar.tsx',
  'features/chart/chart-footer.tsx',
  'features/chart/drawing-tools.tsx',
]

/** The layouts of the trading page, of which a visit loads one. What both have is in its chunk. */
const DESKTOP = 'pages/trade-desktop.tsx'
const PHONE = 'pages/trade-phone.tsx'

const OTHERS = [
  'pages/landing-page.tsx',
  'pages/sign-in-page.tsx',
  'pages/register-page.tsx',
  'pages/markets-page.tsx',
  'pages/portfolio-page.tsx',
  'pages/leaderboard-page.tsx',
  'pages/account-page.tsx',
  'pages/help-page.tsx',
  'pages/missing-page.tsx',
  // Opened over every page.
  'pages/palette.tsx',
]

type Sets = Record<'site' | 'trade' | 'chart' | 'desktop' | 'phone' | 'others', ReadonlySet<string>>

/**
 * The groups of modules in the folder of sources, of which the bundler makes chunks; it takes what a
 * module imports into its chunk, unless an earlier group has it. The chart and the layouts therefore come last.
 */
export function chunkGroups(sources: string): { name: Name }[] {
  const paths = (names: readonly string[]) => names.map((name) => `${sources}/${name}`)
  let known: Sets | undefined
  const setsOf = (graph: Graph): Sets =>
    (known ??= {
      site: reach(graph, paths([ENTRY])),
      trade: reach(graph, paths(TRADE)),
      chart: reach(graph, paths(CHART)),
      desktop: reach(graph, paths([DESKTOP])),
      phone: reach(graph, paths([PHONE])),
      others: reach(graph, paths(OTHERS)),
    })
  const shared: Name = (id, graph) => {
    if (CHARTS.test(id)) return 'charts'
    const { site, trade, chart, desktop, phone, others } = setsOf(graph)
    if (site.has(id)) return 'site'
    const users = [desktop, phone, chart].filter((set) => set.has(id))
    const isTrade = trade.has(id) || users.length > 1
    if (others.has(id) && (isTrade || desktop.has(id) || chart.has(id))) return 'site'
    return isTrade ? 'trade' : null
  }
  const chart: Name = (id, graph) => (setsOf(graph).chart.has(id) ? 'chart' : null)
  const layouts: Name = (id, graph) => {
    const { desktop, phone, others } = setsOf(graph)
    if (desktop.has(id)) return 'desktop'
    return phone.has(id) && !others.has(id) ? 'phone' : null
  }
  return [{ name: shared }, { name: chart }, { name: layouts }]
}

/** Returns modules and all that they import at once, not what they load later. */
function reach(graph: Graph, from: readonly string[]): Set<string> {
  const found = new Set<string>()
  const open = [...from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    const info = graph.getModuleInfo(id)
    if (!info) throw new Error(`${id} is not a module`)
    open.push(...info.importedIds)
  }
  return found
}
