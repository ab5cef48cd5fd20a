/** What a trader sets once for this browser. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

/** The reader's own, or the one in which days of candles begin. */
export type TimeZone = 'local' | 'utc'

export type Settings = {
  /** Ask before a position is closed. */
  confirmClose: boolean
  /** A tone when a position comes near its liquidation, or is closed by the engine. */
  sound: boolean
  /** The browser's own notifications for the same. */
  notifications: boolean
  /** Warn when this share (per cent) of the way to liquidation is left. */
  warnPercent: number
  /** By how much (per cent, as typed) a price may be worse than the one that was on the screen. */
  toleranceText: string
  /** Of every time on the pages. */
  timeZone: TimeZone
}

const DEFAULTS: Settings = {
  confirmClose: true,
  sound: false,
  notifications: false,
  warnPercent: 20,
  toleranceText: '0.5',
  timeZone: 'local',
}

const isSaved = (value: unknown): value is Partial<Settings> =>
  typeof value === 'object' && value !== null

export const settings = createStore<Settings>({ ...DEFAULTS, ...load('settings', isSaved, {}) })

settings.subscribe(() => save('settings', settings.get()))

export function change(part: Partial<Settings>): void {
  settings.set((current) => ({ ...current, ...part }))
}
