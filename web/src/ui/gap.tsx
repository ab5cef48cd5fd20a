/** A placeholder in a table for the rows that are scrolled out of view. `height` is in pixels. */
export function Gap({ height }: { height: number }) {
  return height > 0 && <tr aria-hidden style={{ height }} />
}
