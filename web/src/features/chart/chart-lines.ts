/** The horizontal lines of the chart: bid, ask, and the prices of open positions. */

import { type IPriceLine, LineStyle } from 'lightweight-charts'
import type { OrderSide } from '@/api/schema'
import { abs, toPixel } from '@/decimal'
import { labelled } from '@/features/chart/chart-labels'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { finalPnl, type Side, pnl, type Quote } from '@/rules'
import type { Position, RestingOrder } from '@/trading/account'
import { KIND_NAMES } from '@/trading/orders'
import type { ExitName } from '@/trading/exits'

/** The number of positions with lines, newest first; more would hide the candles. */
const POSITIONS_MAX = 20

/** The number of orders with lines, likewise. */
const ORDERS_MAX = 20

/** The distance within which a line can be grabbed, in pixels. */
const GRAB_MOUSE = 6
const GRAB_TOUCH = 18

/** A draggable line: an exit, or the entry (`exit` is null), from which a new exit is dragged. */
export type Grip = { position: Position; exit: ExitName | null }

/** An exit with its proposed price. */
export type ExitMove = { position: Position; exit: ExitName; price: bigint }

type Line = Grip & { price: bigint; line: IPriceLine }

/** A fixed line. */
type Level = { price: bigint; line: IPriceLine }

export class ChartLines {
  readonly #view: ChartView
  #colours: ChartColours
  #quote: { bid: Level; ask: Level } | null = null
  #liquidations: (Level & { orderType: Side })[] = []
  /** The draggable lines, exits first: an exit on its entry line is grabbed before the entry. */
  #grips: Line[] = []
  /** The line of a new exit while it is dragged. */
  #draft: Level | null = null
  /** The line under the mouse. */
  #pointed: Line | null = null
  #positions: readonly Position[] = []
  /** The prices at which orders rest or are triggered. */
  #rests: (Level & { side: OrderSide })[] = []
  #orders: readonly RestingOrder[] = []

  constructor(view: ChartView, colours: ChartColours) {
    this.#view = view
    this.#colours = colours
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    // The next price redraws the quote lines.
    this.setQuote(null)
    this.setPositions(this.#positions)
    this.setOrders(this.#orders)
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

  setOrders(orders: readonly RestingOrder[]): void {
    for (const { line } of this.#rests) this.#view.series.removePriceLine(line)
    this.#orders = orders
    this.#rests = orders.slice(0, ORDERS_MAX).flatMap((order) => {
      const price = restsAt(order)
      if (price === null) return []
      const { side } = order
      const color = side === 'BUY' ? this.#colours.up : this.#colours.down
      return [{ side, ...this.#level(orderTitle(order), price, color, LineStyle.LargeDashed) }]
    })
    this.nameLines()
  }

  /**
   * Labels one line of each kind and side on the price axis, the one nearest to the price, without
   * overlaps. Call it whenever prices or the scale have changed.
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
      ...nearestFirst(this.#rests).map((each) => ({ ...each, key: `order ${each.side}` })),
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
   * Returns the line that a drag at this height would grab. Touch never grabs an entry: entries are
   * close to the price, where a finger usually scrolls the chart.
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

  /** Shows the drag hint on the entry under the mouse; null hides it. */
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

  /** Shows an exit at its proposed price, with the P&L at that price. */
  preview({ position, exit, price }: ExitMove): void {
    const title = exitTitle(position, exit, price)
    const color = this.#exitColour(exit)
    const found = this.#grips.find(
      (line) => line.position.orderId === position.orderId && line.exit === exit,
    )
    // Removes the draft of a take-profit that became a stop-loss while it was dragged.
    if (found) this.endPreview()
    else this.#draft ??= this.#level(title, price, color, LineStyle.Solid)
    const moved = found ?? this.#draft
    if (moved === this.#draft && moved) moved.price = price
    moved?.line.applyOptions({ price: toPixel(price), title, color, axisLabelVisible: true })
  }

  /** Removes the preview and restores the lines. */
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
      // Set by `nameLines`.
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

/** The price at which an order waits; null for a trailing stop whose price is not known. */
function restsAt({ price, triggerPrice, stopPrice }: RestingOrder): bigint | null {
  return stopPrice ?? triggerPrice ?? price
}

function orderTitle({ asset, kind, side, qty }: RestingOrder): string {
  const what = `${KIND_NAMES[kind]} ${side.toLowerCase()}`
  return qty === 0n ? what : `${what} ${format.qty(asset, qty)} ${assetInfo(asset).base}`
}

function entryTitle({ orderType }: Position, isPointed: boolean): string {
  const isLong = orderType === 'LONG'
  if (isPointed) return isLong ? 'Drag up for TP, down for SL' : 'Drag down for TP, up for SL'
  return isLong ? 'Long entry' : 'Short entry'
}

function exitTitle(position: Position, exit: ExitName, price: bigint): string {
  return `${exit === 'stopLoss' ? 'SL' : 'TP'} ${format.signedUsd(exitPnl(position, price))}`
}
