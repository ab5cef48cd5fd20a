/** Horizontal lines: bid and ask, and what the open positions stand at. */

import { type IPriceLine, LineStyle } from 'lightweight-charts'
import { toPixel } from '@/decimal'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import * as format from '@/format'
import { finalPnl, pnl, type Quote } from '@/rules'
import type { Position } from '@/trading/account'
import type { ExitName } from '@/trading/exits'

/** More would hide the candles; the newest positions have theirs. */
const POSITIONS_MAX = 20

/** How far from a line one may grab it, in pixels. */
const GRAB_MOUSE = 6
const GRAB_TOUCH = 18

/** A line that can be dragged: of an exit, or of the entry, from which a new exit is drawn. */
export type Grip = { position: Position; exit: ExitName | null }

/** An exit, and where it would be. */
export type ExitMove = { position: Position; exit: ExitName; price: bigint }

type Line = Grip & { price: bigint; line: IPriceLine }

export class ChartLines {
  readonly #view: ChartView
  #colours: ChartColours
  #quote: { bid: IPriceLine; ask: IPriceLine } | null = null
  #liquidations: IPriceLine[] = []
  /** Exits first: one that lies on its entry is the one that is grabbed. */
  #grips: Line[] = []
  /** Of an exit that is not there yet. */
  #draft: IPriceLine | null = null
  #positions: readonly Position[] = []

  constructor(view: ChartView, colours: ChartColours) {
    this.#view = view
    this.#colours = colours
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    // The next price draws them again.
    this.setQuote(null)
    this.setPositions(this.#positions)
  }

  setQuote(quote: Quote | null): void {
    if (!quote) {
      if (this.#quote) {
        this.#view.series.removePriceLine(this.#quote.bid)
        this.#view.series.removePriceLine(this.#quote.ask)
      }
      this.#quote = null
      return
    }
    this.#quote ??= {
      bid: this.#line('Bid', quote.bid, this.#colours.down, LineStyle.Dotted),
      ask: this.#line('Ask', quote.ask, this.#colours.up, LineStyle.Dotted),
    }
    this.#quote.bid.applyOptions({ price: toPixel(quote.bid) })
    this.#quote.ask.applyOptions({ price: toPixel(quote.ask) })
  }

  setPositions(positions: readonly Position[]): void {
    this.endPreview()
    for (const line of [...this.#liquidations, ...this.#grips.map(({ line }) => line)]) {
      this.#view.series.removePriceLine(line)
    }
    this.#positions = positions
    const shown = positions.slice(0, POSITIONS_MAX)
    this.#liquidations = shown.map(({ liquidationPrice }) =>
      this.#line('Liquidation', liquidationPrice, this.#colours.warn, LineStyle.Dashed),
    )
    const entries = shown.map((position) => this.#entryLine(position))
    const exits = shown.flatMap((position) => [
      ...this.#exitLine(position, 'stopLoss'),
      ...this.#exitLine(position, 'takeProfit'),
    ])
    this.#grips = [...exits, ...entries]
  }

  /**
   * The line that one would grab at this height. Not an entry by touch: it is where the prices
   * are, and a finger there wants to move the chart.
   */
  gripAt(y: number, isTouch: boolean): Grip | null {
    const reach = isTouch ? GRAB_TOUCH : GRAB_MOUSE
    const near = this.#grips
      .filter(({ exit }) => exit !== null || !isTouch)
      .map((line) => ({ line, away: Math.abs((this.#view.heightOf(line.price) ?? Infinity) - y) }))
      .filter(({ away }) => away <= reach)
      .toSorted((a, b) => a.away - b.away)
    return near[0]?.line ?? null
  }

  /** Says at the entry under the mouse what it is good for; null when the mouse is elsewhere. */
  hint(grip: Grip | null): void {
    for (const { position, exit, line } of this.#grips) {
      if (exit !== null) continue
      const isPointed = grip?.exit === null && grip.position.orderId === position.orderId
      const title = entryTitle(position, isPointed)
      if (line.options().title !== title) line.applyOptions({ title })
    }
  }

  /** Shows an exit somewhere else, with the P&L that it would give there. */
  preview({ position, exit, price }: ExitMove): void {
    const title = exitTitle(position, exit, price)
    const color = this.#exitColour(exit)
    const found = this.#grips.find(
      (line) => line.position.orderId === position.orderId && line.exit === exit,
    )
    // A take-profit that became a stop-loss on the way leaves nothing behind.
    if (found) this.endPreview()
    else this.#draft ??= this.#line(title, price, color, LineStyle.Solid)
    const line = found?.line ?? this.#draft
    line?.applyOptions({ price: toPixel(price), title, color })
  }

  /** Everything is where it is. */
  endPreview(): void {
    if (this.#draft) this.#view.series.removePriceLine(this.#draft)
    this.#draft = null
    for (const { position, exit, price, line } of this.#grips) {
      if (exit === null) continue
      line.applyOptions({ price: toPixel(price), title: exitTitle(position, exit, price) })
    }
  }

  #entryLine(position: Position): Line {
    const { executionPrice: price } = position
    const title = entryTitle(position, false)
    const line = this.#line(title, price, this.#colours.accent, LineStyle.Dashed)
    return { position, exit: null, price, line }
  }

  #exitLine(position: Position, exit: ExitName): Line[] {
    const price = position[exit]
    if (price === null) return []
    const title = exitTitle(position, exit, price)
    const line = this.#line(title, price, this.#exitColour(exit), LineStyle.Solid)
    return [{ position, exit, price, line }]
  }

  #exitColour(exit: ExitName): string {
    return exit === 'stopLoss' ? this.#colours.down : this.#colours.up
  }

  #line(title: string, price: bigint, color: string, lineStyle: LineStyle): IPriceLine {
    return this.#view.series.createPriceLine({
      price: toPixel(price),
      color,
      title,
      lineStyle,
      lineWidth: 1,
      axisLabelVisible: true,
    })
  }
}

export function exitPnl(
  { orderType, qty, executionPrice, margin }: Position,
  price: bigint,
): bigint {
  return finalPnl(pnl(orderType, qty, executionPrice, price), margin)
}

function entryTitle({ orderType }: Position, isPointed: boolean): string {
  const isLong = orderType === 'LONG'
  if (isPointed) return isLong ? 'Drag up for TP, down for SL' : 'Drag down for TP, up for SL'
  return isLong ? 'Long entry' : 'Short entry'
}

function exitTitle(position: Position, exit: ExitName, price: bigint): string {
  return `${exit === 'stopLoss' ? 'SL' : 'TP'} ${format.signedUsd(exitPnl(position, price))}`
}
