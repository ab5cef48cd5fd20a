/**
 * The places of the labels of lines: in one column, none over another. Lines of a kind whose labels
 * would overlap share one; what is out of sight becomes an arrow at the edge. Pure.
 */

/** A line that wants a label. */
export type Placeable = {
  id: string
  /** What is grouped: kind and side. */
  key: string
  /** The importance; the lowest first. */
  rank: number
  /** The height of the line, in pixels from the top; it may be outside the pane. */
  y: number
  /** Whether the label is left out where it would cover another one: that of a moving price. */
  yields?: boolean
  /** Whether the label stands alone and at its line: the one that is moved, or has the focus. */
  isPinned?: boolean
}

/** The pane, in pixels. */
export type Pane = {
  height: number
  /** The height at the top that labels leave free. */
  inset: number
  /** The height of a label with its spacing. */
  row: number
  /** The height of the current price, which is what is near or far. */
  last: number
}

export type Label = {
  id: string
  /** The lines of the label, the one nearest to the price first. */
  members: readonly string[]
  /** The height of the first line. */
  y: number
  /** The height of the label's centre. */
  at: number
  /** Whether it stands for lines of several kinds, which there is no room to name. */
  isRest: boolean
}

/** Lines that are out of sight. */
export type Arrow = Label & { edge: 'top' | 'bottom' }

export type Layout = { labels: Label[]; arrows: Arrow[] }

/** The number of arrows at an edge, and the share of the pane; the last stands for all others. */
const ARROWS_MAX = 3
const ARROWS_SHARE = 0.25

/** The weight with which a pinned label keeps its place among others. */
const PINNED_WEIGHT = 1_000

type Cluster = { key: string; rank: number; isPinned: boolean; lines: Placeable[] }

export function layOut(lines: readonly Placeable[], pane: Pane): Layout {
  const nearest = lines.toSorted((a, b) => away(a, pane) - away(b, pane))
  const above = arrowsAt(
    'top',
    nearest.filter(({ y }) => y < 0),
    pane,
  )
  const below = arrowsAt(
    'bottom',
    nearest.filter(({ y }) => y > pane.height),
    pane,
  )
  const inside = nearest.filter(({ y }) => y >= 0 && y <= pane.height)
  const band = {
    top: pane.inset + above.length * pane.row,
    bottom: pane.height - below.length * pane.row,
    row: pane.row,
  }
  const firm = clustersOf(
    inside.filter((line) => !line.yields),
    pane.row,
  )
  const capacity = Math.max(1, Math.floor((band.bottom - band.top) / pane.row))
  const labels = spread(fitted(firm, capacity), band)
  for (const line of inside) {
    if (!line.yields || line.y < band.top || line.y > band.bottom) continue
    if (labels.some(({ at }) => Math.abs(at - line.y) < pane.row)) continue
    labels.push({ ...labelOf([line]), at: line.y })
  }
  return { labels, arrows: [...above, ...below] }
}

function away({ y }: Placeable, { last }: Pane): number {
  return Math.abs(y - last)
}

function arrowsAt(edge: Arrow['edge'], lines: readonly Placeable[], pane: Pane): Arrow[] {
  const groups = byKey(lines.filter((line) => !line.yields)).toSorted((a, b) => a.rank - b.rank)
  const room = Math.floor((pane.height * ARROWS_SHARE) / pane.row)
  const most = Math.max(1, Math.min(ARROWS_MAX, room))
  const named = groups.length > most ? groups.slice(0, most - 1) : groups
  const rest = groups.slice(named.length).flatMap((group) => group.lines)
  const shown = named.map((group) => labelOf(group.lines))
  if (rest.length > 0) shown.push({ ...labelOf(rest), id: `rest ${edge}`, isRest: true })
  // In the order of their prices, as on the scale: the farthest at the very edge.
  const ordered = shown.toSorted((a, b) => (edge === 'top' ? a.y - b.y : b.y - a.y))
  return ordered.map((label, index) => {
    const inward = (index + 0.5) * pane.row
    return { ...label, edge, at: edge === 'top' ? pane.inset + inward : pane.height - inward }
  })
}

/** Groups by kind and side, wherever the lines are. */
function byKey(lines: readonly Placeable[]): Cluster[] {
  const groups = new Map<string, Cluster>()
  for (const line of lines) {
    const key = line.isPinned ? `${line.key} ${line.id}` : line.key
    const group = groups.get(key)
    if (group) group.lines.push(line)
    else {
      const { rank, isPinned = false } = line
      groups.set(key, { key, rank, isPinned, lines: [line] })
    }
  }
  return [...groups.values()]
}

/** Groups lines of a kind whose labels would overlap. */
function clustersOf(lines: readonly Placeable[], row: number): Cluster[] {
  return byKey(lines).flatMap(({ key, rank, isPinned, lines: same }) => {
    const clusters: Cluster[] = []
    let top = Number.NEGATIVE_INFINITY
    for (const line of same.toSorted((a, b) => a.y - b.y)) {
      const current = clusters.at(-1)
      if (current && line.y - top < row) {
        current.lines.push(line)
        continue
      }
      top = line.y
      clusters.push({ key, rank, isPinned, lines: [line] })
    }
    // Back to the order of the distance from the price.
    for (const cluster of clusters) {
      cluster.lines = same.filter((line) => cluster.lines.includes(line))
    }
    return clusters
  })
}

/** Groups further until there are at most as many labels as have room. */
function fitted(clusters: readonly Cluster[], capacity: number): Label[] {
  const labels = (all: readonly Cluster[]) =>
    all.map((cluster) => ({ ...labelOf(cluster.lines), isPinned: cluster.isPinned }))
  if (clusters.length <= capacity) return labels(clusters)
  const merged = byKey(clusters.flatMap((cluster) => cluster.lines)).toSorted(
    (a, b) => Number(b.isPinned) - Number(a.isPinned) || a.rank - b.rank,
  )
  if (merged.length <= capacity) return labels(merged)
  const rest = merged.slice(capacity - 1).flatMap((cluster) => cluster.lines)
  const more = { ...labelOf(rest), id: 'rest', isRest: true }
  return [...labels(merged.slice(0, capacity - 1)), more]
}

/** Makes a label of lines, the first of which is the nearest to the price. */
function labelOf(lines: readonly Placeable[]): Label {
  const [first] = lines
  if (!first) throw new Error('a label needs a line')
  const members = lines.map(({ id }) => id)
  // A group keeps its name while it grows and shrinks, and with it the focus.
  const id = lines.length === 1 ? first.id : `${first.key} ${first.id}`
  return { id, members, y: first.y, at: first.y, isRest: false }
}

type Band = { top: number; bottom: number; row: number }

/**
 * Moves labels apart, as little as possible: with the spacing taken out of their heights it is an
 * isotonic regression, which pools neighbours in the wrong order into blocks at their mean.
 */
function spread(labels: readonly (Label & { isPinned?: boolean })[], band: Band): Label[] {
  const { top, bottom, row } = band
  const ordered = labels.toSorted((a, b) => a.y - b.y)
  const blocks: { sum: number; weight: number; count: number }[] = []
  for (const [index, { y, isPinned }] of ordered.entries()) {
    const weight = isPinned ? PINNED_WEIGHT : 1
    let block = { sum: (y - index * row) * weight, weight, count: 1 }
    for (let before = blocks.at(-1); before; before = blocks.at(-1)) {
      if (before.sum / before.weight <= block.sum / block.weight) break
      blocks.pop()
      block = {
        sum: before.sum + block.sum,
        weight: before.weight + block.weight,
        count: before.count + block.count,
      }
    }
    blocks.push(block)
  }
  const bases = blocks.flatMap(({ sum, weight, count }) =>
    Array.from({ length: count }, () => sum / weight),
  )
  const highest = top + row / 2
  const lowest = Math.max(highest, bottom - row / 2 - (ordered.length - 1) * row)
  return ordered.map(({ id, members, y, isRest }, index) => {
    const base = Math.min(Math.max(bases[index] ?? 0, highest), lowest)
    return { id, members, y, isRest, at: Math.round(base + index * row) }
  })
}
