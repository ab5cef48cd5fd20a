/** The trader's settings in this browser. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

/** The user's own time zone, or UTC, in which daily candles begin. */
export type TimeZone = 'local' | 'utc'

export type Settings = {
  /** Whether to ask before closing a position. */
  confirmClose: boolean
  /** Whether to play sounds of fills, closes, liquidations and alerts. */
  sound: boolean
  /** The volume of sounds, 0 to 100. */
  volume: number
  /** The sounds that are not played although sounds are on. */
  mutedSounds: readonly string[]
  /** Whether to show the system's notifications for the same events. */
  notifications: boolean
  /** The remaining share (per cent) of the way to liquidation at which to warn. */
  warnPercent: number
  /** The maximum by which a fill may be worse than the displayed price (per cent, as typed). */
  toleranceText: string
  /** The time zone of all displayed times. */
  timeZone: TimeZone
}

const DEFAULTS: Settings = {
  confirmClose: true,
  sound: false,
  volume: 50,
  mutedSounds: [],
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
