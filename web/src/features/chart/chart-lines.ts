/**
 * The horizontal lines of the chart and their labels: open positions with their exits, orders that
 * wait, alerts, bid and ask.
 */

import { labelled } from '@/features/chart/chart-labels'
import type { ChartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import {
  isMovable,
  type Line,
  lineOfAlert,
  lineOfMove,
  type LineMove,
  linesOfOrder,
  linesOfPosition,
  rankOf,
  withMove,
} from '@/features/chart/line-items'
import { LabelLayer, type TagSpec } from '@/features/chart/line-labels'
import { type Label, layOut, type Placeable } from '@/features/chart/line-layout'
import { colourOf, DASHES, type Look, specOf, toneOf } from '@/features/chart/line-looks'
import { drawLines, PaneLayer } from '@/features/chart/line-paint'
import { scrollToPrice } from '@/features/chart/price-scale'
import * as format from '@/format'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'
import type { Position, RestingOrder } from '@/trading/account'
import type { PriceAlert } from '@/trading/alerts'

/** The distance within which a line can be grabbed, in pixels. */
const GRAB_MOUSE = 6
const GRAB_TOUCH = 18

/** The height of a label with its spacing, in pixels: for a mouse, and for a finger. */
const ROW = 22
const ROW_TOUCH = 30

/** The heights of the legend where it reaches the labels, by the width of the chart, in pixels. */
const LEGENDS = [
  { below: 420, height: 56 },
  { below: 560, height: 40 },
  { below: 900, height: 24 },
] as const

/** The number of frames for which a label that gets the focus is waited for. */
const WANTED_FRAMES = 10

/** The interval at which live figures are written: as often as they can be read. */
const FIGURES_MS = 100

/** What the lines show. */
type Shown = {
  positions: readonly Position[]
  orders: readonly RestingOrder[]
  alerts: readonly PriceAlert[]
  /** The lines of bid and ask; null hides them. */
  quote: Quote | null
  /** The prices that value positions. */
  value: Quote | null
}

export class ChartLines {
  readonly #view: ChartView
  readonly #layer: LabelLayer
  readonly #pane: PaneLayer
  readonly #isTouch = window.matchMedia('(pointer: coarse)').matches
  #asset: Asset
  #colours: ChartColours
  #shown: Shown = { positions: [], orders: [], alerts: [], quote: null, value: null }
  /** The lines but those of the quote, as they are without a move. */
  #fixed: readonly Line[] = []
  #move: LineMove | null = null
  /** The lines under the mouse and with the focus. */
  #pointed: string | null = null
  #focused: string | null = null
  /** The line whose label gets the focus once it is there. */
  #wanted: { id: string; frames: number } | null = null
  /** As last shown. */
  #lines: ReadonlyMap<string, Line> = new Map()
  #labels: ReadonlyMap<string, Label> = new Map()
  #figures: { at: number; value: Quote | null } = { at: 0, value: null }

  constructor(
    view: ChartView,
    root: HTMLElement,
    { asset, colours, hintId }: { asset: Asset; colours: ChartColours; hintId: string },
  ) {
    this.#view = view
    this.#asset = asset
    this.#colours = colours
    this.#layer = new LabelLayer(root, hintId)
    this.#pane = new PaneLayer((context, width, height) => this.#draw(context, width, height))
    view.chart.panes()[0]?.attachPrimitive(this.#pane)
  }

  setColours(colours: ChartColours): void {
    this.#colours = colours
    this.#pane.update()
  }

  set(asset: Asset, part: Partial<Shown>): void {
    if (asset !== this.#asset) this.#figures = { at: 0, value: null }
    this.#asset = asset
    this.#shown = { ...this.#shown, ...part }
    if (part.positions || part.orders || part.alerts) {
      const { positions, orders, alerts } = this.#shown
      this.#fixed = [
        ...positions.flatMap(linesOfPosition),
        ...orders.flatMap(linesOfOrder),
        ...alerts.map(lineOfAlert),
      ]
    }
    this.#pane.update()
  }

  /** Shows a line at its proposed price; null puts it back. */
  setMove(move: LineMove | null): void {
    this.#move = move
    this.#pane.update()
  }

  /** Shows which line is under the mouse. */
  point(id: string | null): void {
    if (this.#pointed === id) return
    this.#pointed = id
    this.#pane.update()
  }

  /** Gives the label with the focus a place of its own. */
  setFocused(id: string | null): void {
    if (this.#focused === id) return
    this.#focused = id
    this.#pane.update()
  }

  /** Brings a line into sight and moves the focus to its label. */
  reveal(id: string): void {
    const line = this.lineOf(id)
    if (!line) return
    this.keepInSight(line.price)
    // After a dialog has closed and put the focus back.
    requestAnimationFrame(() => this.want(id))
  }

  /** Moves the focus to the label of a line, in the next frame. */
  want(id: string): void {
    this.#wanted = { id, frames: WANTED_FRAMES }
    this.setFocused(id)
  }

  /** Scrolls to a price that is not on the screen. */
  keepInSight(price: bigint): void {
    const y = this.#heightOf(price)
    if (y < ROW || y > this.#paneHeight() - ROW) this.scrollTo(price)
  }

  scrollTo(price: bigint): void {
    scrollToPrice(this.#view.chart, price)
  }

  /**
   * Returns the line that a drag at this height would grab. Touch grabs only exits here: others are
   * close to the price, where a finger usually scrolls the chart, and have labels.
   */
  gripAt(y: number, isTouch: boolean): Line | null {
    const reach = isTouch ? GRAB_TOUCH : GRAB_MOUSE
    const near = [...this.#lines.values()]
      .filter((line) => isMovable(line) && (!isTouch || line.kind === 'exit'))
      .map((line) => ({ line, away: Math.abs(this.#heightOf(line.price) - y) }))
      .filter(({ away }) => away <= reach)
      // Of lines at the same height, an exit is grabbed before the entry.
      .toSorted((a, b) => a.away - b.away || rankOf(a.line) - rankOf(b.line))
    return near[0]?.line ?? null
  }

  lineOf(id: string): Line | null {
    return this.#lines.get(id) ?? null
  }

  /** Returns the lines of a label, the one nearest to the price first. */
  linesOf(labelId: string): Line[] {
    const members = this.#labels.get(labelId)?.members ?? []
    return members.flatMap((id) => this.lineOf(id) ?? [])
  }

  /** Removes the labels; the lines go with the chart. */
  remove(): void {
    this.#layer.clear()
  }

  #heightOf(price: bigint): number {
    return this.#view.heightOf(price) ?? Number.NaN
  }

  #paneHeight(): number {
    return this.#view.chart.panes()[0]?.getHeight() ?? 0
  }

  /** Runs in each frame of the chart. */
  #draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    this.#takeFigures()
    const last = this.#view.lastClose()
    const lines = [...withMove(this.#fixed, this.#move), ...this.#quoteLines(last)]
    this.#lines = new Map(lines.map((line) => [line.id, line]))
    const movedId = this.#move && lineOfMove(this.#move).id
    const placed = lines.flatMap((line) => this.#placeable(line, movedId))
    const row = this.#isTouch ? ROW_TOUCH : ROW
    const inset = LEGENDS.find(({ below }) => width < below)?.height ?? 0
    const lastY = last === null ? height / 2 : this.#heightOf(last)
    const { labels, arrows } = layOut(placed, { height, inset, row, last: lastY })
    this.#labels = new Map([...labels, ...arrows].map((label) => [label.id, label]))
    this.#layer.fit(width, height, this.#view.chart.priceScale('right').width())
    const look = this.#look(last ?? 0n)
    const specs = [...labels, ...arrows].map((label) => specOf(label, this.linesOf(label.id), look))
    this.#layer.show(specs, this.#tags(placed, height, lastY))
    this.#paint(context, placed, labels, { width, height })
    this.#focusWanted()
  }

  #focusWanted(): void {
    const wanted = this.#wanted
    if (!wanted) return
    wanted.frames -= 1
    if (this.#layer.focus(wanted.id) || wanted.frames === 0) this.#wanted = null
  }

  #look(last: bigint): Look {
    return {
      asset: this.#asset,
      value: this.#figures.value,
      last,
      move: this.#move,
      pointed: this.#pointed,
    }
  }

  #takeFigures(): void {
    const now = performance.now()
    if (this.#figures.value && now - this.#figures.at < FIGURES_MS) return
    this.#figures = { at: now, value: this.#shown.value }
  }

  /** Bid and ask, and the last price, which only has an arrow while it is out of sight. */
  #quoteLines(last: bigint | null): Line[] {
    const { quote } = this.#shown
    const line = (kind: 'bid' | 'ask' | 'last', price: bigint): Line => {
      return { kind, id: kind, key: kind, price }
    }
    return [
      ...(quote ? [line('ask', quote.ask), line('bid', quote.bid)] : []),
      ...(last === null ? [] : [line('last', last)]),
    ]
  }

  #placeable(line: Line, movedId: string | null): Placeable[] {
    const y = this.#heightOf(line.price)
    if (Number.isNaN(y)) return []
    // The chart itself labels the last price.
    if (line.kind === 'last' && y >= 0 && y <= this.#paneHeight()) return []
    const isPinned = line.id === movedId || line.id === this.#focused || line.id === this.#pointed
    const yields = line.kind === 'bid' || line.kind === 'ask'
    return [{ id: line.id, key: line.key, rank: rankOf(line), y, yields, isPinned }]
  }

  /** Prices on the axis: one of each kind and side, and none over another. */
  #tags(placed: readonly Placeable[], height: number, lastY: number): TagSpec[] {
    const inside = placed
      .filter(({ y }) => y >= 0 && y <= height)
      .toSorted(
        (a, b) =>
          Number(b.isPinned) - Number(a.isPinned) ||
          a.rank - b.rank ||
          Math.abs(a.y - lastY) - Math.abs(b.y - lastY),
      )
    const chosen = labelled(
      inside.map(({ y, key, id, isPinned }) => ({ y, key: isPinned ? id : key })),
      [lastY],
    )
    return [...chosen].flatMap((index) => {
      const at = inside[index]
      const line = at && this.lineOf(at.id)
      if (!line) return []
      const text = format.price(this.#asset, line.price)
      return [{ id: line.id, at: Math.round(at.y), tone: toneOf(line), text }]
    })
  }

  #paint(
    context: CanvasRenderingContext2D,
    placed: readonly Placeable[],
    labels: readonly Label[],
    { width, height }: { width: number; height: number },
  ): void {
    const leaders = new Map(labels.map((label) => [label.members[0], label]))
    const strokes = placed.flatMap(({ id, y, isPinned = false }) => {
      const line = this.lineOf(id)
      if (!line || line.kind === 'last' || y < 0 || y > height) return []
      const label = leaders.get(id)
      return [
        {
          y,
          colour: colourOf(line, this.#colours),
          dash: DASHES[line.kind],
          isFaint: !label && line.kind !== 'bid' && line.kind !== 'ask',
          isBold: isPinned,
          labelY: label && Math.abs(label.at - y) > 2 ? label.at : null,
        },
      ]
    })
    drawLines(context, strokes, width)
  }
}
