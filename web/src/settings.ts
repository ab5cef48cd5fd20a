/** The trader's settings in this browser. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

/** Zones of the places where much is traded, from west to east. */
export const ZONES = [
  'America/Los_Angeles',
  'America/Chicago',
  'America/New_York',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Istanbul',
  'Asia/Dubai',
  'Asia/Kolkata',
  'Asia/Singapore',
  'Asia/Hong_Kong',
  'Asia/Seoul',
  'Asia/Tokyo',
  'Australia/Sydney',
] as const

/** The user's own time zone, UTC, in which daily candles begin, or that of another place. */
export type TimeZone = 'local' | 'utc' | (typeof ZONES)[number]

export const TIME_ZONES: readonly TimeZone[] = ['local', 'utc', ...ZONES]

export type Settings = {
  /**
   * Whether to ask before an order is sent. On at first, as at Hyperliquid, Bybit and Binance: a
   * mistyped order costs more than a press, and the dialog offers never to ask again.
   */
  confirmOrders: boolean
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
  confirmOrders: true,
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

function restored(): Settings {
  const saved = { ...DEFAULTS, ...load('settings', isSaved, {}) }
  return TIME_ZONES.includes(saved.timeZone) ? saved : { ...saved, timeZone: DEFAULTS.timeZone }
}

export const settings = createStore<Settings>(restored())

settings.subscribe(() => save('settings', settings.get()))

export function change(part: Partial<Settings>): void {
  settings.set((current) => ({ ...current, ...part }))
}
