/** Which lines are named on the price axis. Pure. */

/** A line that could be named: where it is, and what it shares a name with. */
export type Candidate = {
  /** Pixels from the top; null outside of the scale. */
  y: number | null
  /** Of several lines with one key, the first is named for all of them. */
  key: string
}

/** How high a label is with the space that it needs, in pixels. */
const LABEL_HEIGHT = 19

/**
 * The indices of the lines to be named: one of each key, and none where it would lie on another
 * label, which would hide one of the two or push it to a height that is not its price's. `lines` come
 * in the order of their importance; `taken` are heights that are labelled already.
 */
export function labelled(lines: readonly Candidate[], taken: readonly number[]): Set<number> {
  const heights = [...taken]
  const keys = new Set<string>()
  const chosen = new Set<number>()
  for (const [index, { y, key }] of lines.entries()) {
    if (y === null || keys.has(key)) continue
    keys.add(key)
    if (heights.some((height) => Math.abs(height - y) < LABEL_HEIGHT)) continue
    heights.push(y)
    chosen.add(index)
  }
  return chosen
}
