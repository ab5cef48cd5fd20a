import { expect, it } from 'vitest'
import { layOut, type Placeable } from '@/features/chart/line-layout'

const PANE = { height: 240, inset: 0, row: 20, last: 100 }

/** The order of importance in these tests. */
const RANKS = ['tp', 'sl', 'entry', 'limit', 'ask', 'bid']

/** Reads lines such as `tp 40`, `limit! 90` (pinned) or `ask~ 99` (yields). */
function read(text: string): Placeable[] {
  return text
    .split(', ')
    .filter(Boolean)
    .map((each) => {
      const [name = '', y = ''] = each.split(' ')
      const key = name.replace(/[!~]/, '')
      return {
        id: `${key}@${y}`,
        key,
        rank: RANKS.indexOf(key),
        y: Number(y),
        isPinned: name.endsWith('!'),
        yields: name.endsWith('~'),
      }
    })
}

/** Writes labels such as `tp@40:40` and groups such as `limit@90+limit@95:92`. */
function write(text: string, pane = PANE): string {
  const { labels, arrows } = layOut(read(text), pane)
  return [
    ...arrows.map(({ edge, members, at, isRest }) => {
      return `${edge === 'top' ? '↑' : '↓'}${isRest ? '*' : ''}${members.join('+')}:${at}`
    }),
    ...labels.map(({ members, at, isRest }) => `${isRest ? '*' : ''}${members.join('+')}:${at}`),
  ].join(', ')
}

it.each<[what: string, lines: string, labels: string]>([
  ['nothing', '', ''],
  [
    'leaves labels at their lines',
    'tp 40, sl 160, entry 100',
    'tp@40:40, entry@100:100, sl@160:160',
  ],
  ['groups a kind that would overlap, nearest first', 'limit 60, limit 70', 'limit@70+limit@60:70'],
  ['groups a kind only where it would', 'limit 60, limit 80', 'limit@60:60, limit@80:80'],
  [
    'groups from the top, not in a chain',
    'limit 60, limit 75, limit 90',
    'limit@75+limit@60:73, limit@90:93',
  ],
  ['moves kinds apart, each as far', 'tp 100, sl 100', 'tp@100:90, sl@100:110'],
  ['keeps the order of the lines', 'tp 104, sl 100', 'sl@100:92, tp@104:112'],
  ['moves labels into the pane', 'tp 2, sl 239', 'tp@2:10, sl@239:230'],
  ['moves a neighbour with what the edge moves', 'tp 2, sl 12', 'tp@2:10, sl@12:30'],
  ['keeps a pinned label at its line', 'tp! 100, sl 100', 'tp@100:100, sl@100:120'],
  [
    'keeps a pinned label out of its group',
    'limit 100, limit! 101, limit 102',
    'limit@100+limit@102:81, limit@101:101',
  ],
  ['leaves out what yields where it covers', 'ask~ 99, bid~ 101, tp 60', 'tp@60:60, ask@99:99'],
  ['leaves out what yields to a label', 'ask~ 50, tp 60', 'tp@60:60'],
  ['shows an arrow for what is above', 'tp -5, sl 50', '↑tp@-5:10, sl@50:50'],
  ['shows an arrow for what is below', 'tp 241', '↓tp@241:230'],
  ['groups arrows, nearest first', 'limit -50, limit -5', '↑limit@-5+limit@-50:10'],
  ['moves labels away from arrows', 'tp -5, sl -6, limit 10', '↑sl@-6:10, ↑tp@-5:30, limit@10:50'],
  ['orders arrows by price, whatever their kind', 'sl 250, tp 260', '↓tp@260:230, ↓sl@250:210'],
  [
    'shows one arrow for all that have no room',
    'tp -5, sl -6, entry -7, limit -8, limit -9',
    '↑*entry@-7+limit@-8+limit@-9:10, ↑sl@-6:30, ↑tp@-5:50',
  ],
  ['shows no arrow for what yields', 'ask~ -5', ''],
])('%s', (_, lines, labels) => {
  expect(write(lines)).toBe(labels)
})

it.each<[height: number, labels: string]>([
  [80, 'limit@15:10, limit@40:30, tp@45:50, limit@65:70'],
  // Two labels have room: each kind has one, wherever its lines are.
  [70, 'limit@15+limit@40+limit@65:15, tp@45:45'],
  [50, '↓limit@65:40, *tp@45+limit@15+limit@40:20'],
  [30, '↓*tp@45+limit@40+limit@65:20, limit@15:10'],
])('groups further where a pane of %s px is too low', (height, labels) => {
  expect(write('limit 15, limit 40, limit 65, tp 45', { ...PANE, height, last: 20 })).toBe(labels)
})

it('leaves the top free', () => {
  expect(write('tp -5, sl 10', { ...PANE, inset: 40 })).toBe('↑tp@-5:50, sl@10:70')
})

it('names every one of many lines once, and no label covers another', () => {
  const lines = Array.from({ length: 120 }, (_, i) => `${RANKS[i % 4]} ${((i * 37) % 300) - 30}`)
  const placed = read(lines.join(', ')).map((line, i) => ({ ...line, id: String(i) }))
  const { labels, arrows } = layOut(placed, PANE)
  const named = [...labels, ...arrows].flatMap(({ members }) => members)
  expect(named.length).toBe(120)
  expect(new Set(named).size).toBe(120)
  const heights = [...labels, ...arrows].map(({ at }) => at).toSorted((a, b) => a - b)
  for (const [i, at] of heights.entries()) {
    expect(at).toBeGreaterThanOrEqual(10)
    expect(at).toBeLessThanOrEqual(230)
    if (i > 0) expect(at - (heights[i - 1] ?? 0)).toBeGreaterThanOrEqual(20)
  }
})
