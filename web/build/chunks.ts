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

/** What the trading page loads at once; the larger one of its layouts. */
const TRADE = [
  'pages/trade-page.tsx',
  'pages/trade-desktop.tsx',
  'features/chart/chart-canvas.tsx',
  'features/chart/chart-toolbar.tsx',
  'features/chart/chart-footer.tsx',
  'features/chart/drawing-tools.tsx',
]

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

/** Names the chunk of a module in the folder of sources; null leaves it to the bundler. */
export function chunkName(sources: string): Name {
  const paths = (names: readonly string[]) => names.map((name) => `${sources}/${name}`)
  let sets: Record<'site' | 'trade' | 'others', Set<string>> | undefined
  return (id, graph) => {
    if (CHARTS.test(id)) return 'charts'
    sets ??= {
      site: reach(graph, paths([ENTRY])),
      trade: reach(graph, paths(TRADE)),
      others: reach(graph, paths(OTHERS)),
    }
    if (sets.site.has(id)) return 'site'
    if (!sets.trade.has(id)) return null
    return sets.others.has(id) ? 'site' : 'trade'
  }
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
