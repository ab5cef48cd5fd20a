/** The filter of the tape, kept across visits. */

import { load, save } from '@/storage'
import { createStore } from '@/store'

/** The values in USD from which on trades are shown. */
export const MIN_VALUES = [0, 1_000, 10_000, 50_000, 100_000] as const
export type MinValue = (typeof MIN_VALUES)[number]

const KEY = 'tape'

const isMinValue = (value: unknown): value is MinValue =>
  MIN_VALUES.some((known) => known === value)

export const minTradeValue = createStore<MinValue>(load(KEY, isMinValue, 0))

minTradeValue.subscribe(() => save(KEY, minTradeValue.get()))

/** Chooses by the text of an option. */
export function chooseMinValue(text: string): void {
  const chosen = MIN_VALUES.find((value) => String(value) === text)
  if (chosen !== undefined) minTradeValue.set(chosen)
}
