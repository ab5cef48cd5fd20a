/** The open chart, for the buttons around it, which are loaded apart from it. */

import { createContext, useContext } from 'react'
import type { CandleFeed } from '@/features/chart/candle-feed'
import type { ChartView } from '@/features/chart/chart-view'
import type { Timeframe } from '@/live/frames'
import type { Asset } from '@/markets'
import { createStore, type Store } from '@/store'

export type OpenChart = {
  view: ChartView
  feed: () => CandleFeed | null
  asset: Asset
  timeframe: Timeframe
}

export type ChartHandle = Store<OpenChart | null>

export const newHandle = (): ChartHandle => createStore<OpenChart | null>(null)

/** Provided by the panel around a chart and its buttons. */
export const ChartHandleContext = createContext<ChartHandle>(newHandle())

export const useChartHandle = () => useContext(ChartHandleContext)
