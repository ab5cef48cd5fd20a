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

export type Grip = { position: Position; exit: ExitName }

type ExitLine = Grip & { price: bigint; line: IPriceLine }

export class ChartLines {
  readonly #view: ChartView
  #colours: ChartColours
  #quote: { bid: IPriceLine; ask: IPriceLine } | null = null
  #fixed: IPriceLine[] = []
  #exits: ExitLine[] = []
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
    for (const line of [...this.#fixed, ...this.#exits.map(({ line }) => line)]) {
      this.#view.series.removePriceLine(line)
    }
    this.#positions = positions
    const shown = positions.slice(0, POSITIONS_MAX)
    this.#fixed = shown.flatMap((position) => this.#fixedLines(position))
    this.#exits = shown.flatMap((position) => [
      ...this.#exitLine(position, 'stopLoss'),
      ...this.#exitLine(position, 'takeProfit'),
    ])
  }

  /** The exit that one would grab at this height. */
  gripAt(y: number, isTouch: boolean): Grip | null {
    const reach = isTouch ? GRAB_TOUCH : GRAB_MOUSE
    const near = this.#exits
      .map((line) => ({ line, away: Math.abs((this.#view.heightOf(line.price) ?? Infinity) - y) }))
      .filter(({ away }) => away <= reach)
      .toSorted((a, b) => a.away - b.away)
    return near[0]?.line ?? null
  }

  /** Shows an exit somewhere else, with the P&L that it would give there. */
  preview({ position, exit }: Grip, price: bigint): void {
    const found = this.#exits.find(
      (line) => line.position.orderId === position.orderId && line.exit === exit,
    )
    found?.line.applyOptions({ price: toPixel(price), title: exitTitle(position, exit, price) })
  }

  #fixedLines({ orderType, executionPrice, liquidationPrice }: Position): IPriceLine[] {
    const side = orderType === 'LONG' ? 'Long' : 'Short'
    return [
      this.#line(`${side} entry`, executionPrice, this.#colours.accent, LineStyle.Dashed),
      this.#line('Liquidation', liquidationPrice, this.#colours.warn, LineStyle.Dashed),
    ]
  }

  #exitLine(position: Position, exit: ExitName): ExitLine[] {
    const price = position[exit]
    if (price === null) return []
    const colour = exit === 'stopLoss' ? this.#colours.down : this.#colours.up
    const line = this.#line(exitTitle(position, exit, price), price, colour, LineStyle.Solid)
    return [{ position, exit, price, line }]
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

function exitTitle(position: Position, exit: ExitName, price: bigint): string {
  return `${exit === 'stopLoss' ? 'SL' : 'TP'} ${format.signedUsd(exitPnl(position, price))}`
}
