/** The panes of the chart: their heights, which are remembered, and their places on the page. */

import type { IChartApi, IPaneApi, Time } from 'lightweight-charts'
import { changeChart, chartSettings } from '@/features/chart/chart-settings'
import type { IndicatorView } from '@/features/chart/indicator-view'

/** The name of the pane of the candles. */
export const PRICE_PANE = 'price'

/** The height of an indicator's pane relative to that of the candles, at first. */
const FIRST_HEIGHT = 0.24

/** The place of a pane in the chart's element, in pixels from its top. */
export type PaneBox = { id: string; top: number; height: number }

export class ChartPanes {
  readonly #chart: IChartApi
  readonly #container: HTMLElement
  readonly #observer = new ResizeObserver(() => this.#announce())
  readonly #listeners = new Set<(boxes: readonly PaneBox[]) => void>()
  #owners: readonly IndicatorView[] = []
  #boxes: readonly PaneBox[] = []
  #frame = 0

  constructor(chart: IChartApi, container: HTMLElement) {
    this.#chart = chart
    this.#container = container
  }

  /** Gives the panes their remembered heights. */
  setIndicators(indicators: readonly IndicatorView[]): void {
    this.#owners = indicators.filter((indicator) => indicator.pane() !== null)
    const { paneHeights } = chartSettings.get()
    for (const { id, pane } of this.#panes()) {
      pane.setStretchFactor(paneHeights[id] ?? (id === PRICE_PANE ? 1 : FIRST_HEIGHT))
    }
    // Elements of panes are created with the next frame.
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#observe())
  }

  watch(listener: (boxes: readonly PaneBox[]) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#boxes)
    return () => this.#listeners.delete(listener)
  }

  /** Returns the height of the pane of the candles. */
  priceHeight(): number {
    return this.#chart.panes()[0]?.getHeight() ?? 0
  }

  remove(): void {
    cancelAnimationFrame(this.#frame)
    this.#observer.disconnect()
    this.#listeners.clear()
  }

  #panes(): { id: string; pane: IPaneApi<Time> }[] {
    const [first] = this.#chart.panes()
    return [
      ...(first ? [{ id: PRICE_PANE, pane: first }] : []),
      ...this.#owners.flatMap((owner) => {
        const pane = owner.pane()
        return pane ? [{ id: owner.spec.id, pane }] : []
      }),
    ]
  }

  #observe(): void {
    this.#observer.disconnect()
    for (const { pane } of this.#panes()) {
      const element = pane.getHTMLElement()
      if (element) this.#observer.observe(element)
    }
    this.#announce()
  }

  #announce(): void {
    const top = this.#container.getBoundingClientRect().top
    this.#boxes = this.#panes().flatMap(({ id, pane }) => {
      const box = pane.getHTMLElement()?.getBoundingClientRect()
      return box ? [{ id, top: box.top - top, height: box.height }] : []
    })
    for (const listener of this.#listeners) listener(this.#boxes)
    this.#remember()
  }

  /** Saves heights that the trader has changed. */
  #remember(): void {
    const before = chartSettings.get().paneHeights
    const heights = Object.fromEntries(
      this.#panes().map(({ id, pane }) => [id, Number(pane.getStretchFactor().toFixed(4))]),
    )
    const isFirst = (id: string, height: number) =>
      before[id] === undefined && height === (id === PRICE_PANE ? 1 : FIRST_HEIGHT)
    const isSame = Object.entries(heights).every(
      ([id, height]) => before[id] === height || isFirst(id, height),
    )
    if (!isSame) changeChart({ paneHeights: { ...before, ...heights } })
  }
}
