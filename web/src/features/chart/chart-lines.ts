/** Horizontal lines: bid and ask, and what the open positions stand at. */

import { type IPriceLine, LineStyle } from 'lightweight-charts'
import { abs, toPixel } from '@/decimal'
import { labelled } from '@/features/chart/chart-labels'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import * as format from '@/format'
import { finalPnl, type Side, pnl, type Quote } from '@/rules'
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

/** A line that can't be dragged. */
type Level = { price: bigint; line: IPriceLine }

export class ChartLines {
  readonly #view: ChartView
  #colours: ChartColours
  #quote: { bid: Level; ask: Level } | null = null
  #liquidations: (Level & { orderType: Side })[] = []
  /** Exits first: one that lies on its entry is the one that is grabbed. */
  #grips: Line[] = []
  /** Of an exit that is not there yet. */
  #draft: Level | null = null
  /** What the mouse points at. */
  #pointed: Line | null = null
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
        this.#view.series.removePriceLine(this.#quote.bid.line)
        this.#view.series.removePriceLine(this.#quote.ask.line)
      }
      this.#quote = null
      return
    }
    this.#quote ??= {
      bid: this.#level('Bid', quote.bid, this.#colours.down, LineStyle.Dotted),
      ask: this.#level('Ask', quote.ask, this.#colours.up, LineStyle.Dotted),
    }
    for (const side of ['bid', 'ask'] as const) {
      this.#quote[side].price = quote[side]
      this.#quote[side].line.applyOptions({ price: toPixel(quote[side]) })
    }
    this.nameLines()
  }

  setPositions(positions: readonly Position[]): void {
    this.endPreview()
    for (const { line } of [...this.#liquidations, ...this.#grips]) {
      this.#view.series.removePriceLine(line)
    }
    this.#positions = positions
    this.#pointed = null
    const shown = positions.slice(0, POSITIONS_MAX)
    this.#liquidations = shown.map(({ orderType, liquidationPrice }) => ({
      orderType,
      ...this.#level('Liquidation', liquidationPrice, this.#colours.warn, LineStyle.Dashed),
    }))
    const entries = shown.map((position) => this.#entryLine(position))
    const exits = shown.flatMap((position) => [
      ...this.#exitLine(position, 'stopLoss'),
      ...this.#exitLine(position, 'takeProfit'),
    ])
    this.#grips = [...exits, ...entries]
    this.nameLines()
  }

  /**
   * Names on the price axis one line of each kind and side, the one that is nearest to the price, and
   * none at a height that is not its own. To be called whenever prices or the scale moved.
   */
  nameLines(): void {
    const last = this.#view.lastClose() ?? 0n
    const nearestFirst = <T extends Level>(lines: readonly T[]) =>
      lines.toSorted((a, b) => Number(abs(a.price - last) - abs(b.price - last)))
    const named = [
      ...[this.#draft, this.#pointed].flatMap((each) =>
        each ? [{ ...each, key: 'pointed' }] : [],
      ),
      ...nearestFirst(this.#grips)
        .toSorted((a, b) => Number(a.exit === null) - Number(b.exit === null))
        .map((grip) => ({ ...grip, key: `${grip.exit ?? 'entry'} ${grip.position.orderType}` })),
      ...nearestFirst(this.#liquidations).map((each) => ({ ...each, key: `${each.orderType}` })),
      ...(this.#quote
        ? [
            { ...this.#quote.ask, key: 'ask' },
            { ...this.#quote.bid, key: 'bid' },
          ]
        : []),
    ]
    const lastHeight = this.#view.heightOf(last)
    const chosen = labelled(
      named.map(({ price, key }) => ({ y: this.#view.heightOf(price), key })),
      lastHeight === null ? [] : [lastHeight],
    )
    const lines = new Set([...chosen].map((index) => named[index]?.line))
    for (const { line } of named) {
      const axisLabelVisible = lines.has(line)
      if (line.options().axisLabelVisible !== axisLabelVisible) {
        line.applyOptions({ axisLabelVisible })
      }
    }
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
    const pointed =
      this.#grips.find(
        ({ position, exit }) => position.orderId === grip?.position.orderId && exit === grip.exit,
      ) ?? null
    if (pointed === this.#pointed) return
    this.#pointed = pointed
    this.nameLines()
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
    else this.#draft ??= this.#level(title, price, color, LineStyle.Solid)
    const moved = found ?? this.#draft
    if (moved === this.#draft && moved) moved.price = price
    moved?.line.applyOptions({ price: toPixel(price), title, color, axisLabelVisible: true })
  }

  /** Everything is where it is. */
  endPreview(): void {
    if (this.#draft) this.#view.series.removePriceLine(this.#draft.line)
    this.#draft = null
    for (const { position, exit, price, line } of this.#grips) {
      if (exit === null) continue
      line.applyOptions({ price: toPixel(price), title: exitTitle(position, exit, price) })
    }
  }

  #entryLine(position: Position): Line {
    const { executionPrice: price } = position
    const title = entryTitle(position, false)
    return {
      position,
      exit: null,
      ...this.#level(title, price, this.#colours.accent, LineStyle.Dashed),
    }
  }

  #exitLine(position: Position, exit: ExitName): Line[] {
    const price = position[exit]
    if (price === null) return []
    const title = exitTitle(position, exit, price)
    return [
      { position, exit, ...this.#level(title, price, this.#exitColour(exit), LineStyle.Solid) },
    ]
  }

  #exitColour(exit: ExitName): string {
    return exit === 'stopLoss' ? this.#colours.down : this.#colours.up
  }

  #level(title: string, price: bigint, color: string, lineStyle: LineStyle): Level {
    const line = this.#view.series.createPriceLine({
      price: toPixel(price),
      color,
      title,
      lineStyle,
      lineWidth: 1,
      // `nameLines` decides.
      axisLabelVisible: false,
    })
    return { price, line }
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
