/** The rows of the tape, written directly into the DOM: busy markets trade hundreds of times a second. */

import * as format from '@/format'
import type { Trade } from '@/live/frames'
import type { Asset } from '@/markets'
import type { TimeZone } from '@/settings'

const TONES = { UP: 'text-up', DOWN: 'text-down' } as const

/** Writes trades into the rows of a table's body, from the first row on; the others become empty. */
export function writeRows(
  body: HTMLElement,
  trades: readonly Trade[],
  { asset, zone }: { asset: Asset; zone: TimeZone },
): void {
  for (const [n, row] of [...body.children].entries()) {
    const trade = trades[n]
    const [price, size, time] = row.children
    if (!price || !size || !time) continue
    row.toggleAttribute('hidden', !trade)
    // The row of a trade moves down with each new one; what it shows is written again.
    write(price, trade ? format.price(asset, trade.price) : '')
    write(size, trade ? format.qty(asset, trade.quantity) : '')
    write(time, trade ? clock(trade.time, zone) : '')
    price.className = trade?.move ? TONES[trade.move] : ''
  }
}

function write(cell: Element, text: string): void {
  if (cell.textContent !== text) cell.textContent = text
}

/** Formats a time of day (Unix ms): `18:30:05`. */
function clock(ms: number, zone: TimeZone): string {
  const { hour, minute, second } = format.dateParts(ms, zone)
  return `${hour}:${minute}:${second}`
}
