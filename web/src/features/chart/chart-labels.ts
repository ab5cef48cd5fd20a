/** Selection of the lines that are labelled on the price axis. Pure. */

/** A line that could be labelled. */
export type Candidate = {
  /** The height in pixels from the top; null outside the scale. */
  y: number | null
  /** The group of the line. Only the first line of a group is labelled. */
  key: string
}

/** The height of a label including its spacing, in pixels. */
const LABEL_HEIGHT = 19

/**
 * Returns the indices of the lines to label: one of each key, and none whose label would overlap
 * another, which would hide one of them or move it away from its price. `lines` are in order of
 * importance; `taken` are the heights of existing labels.
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
