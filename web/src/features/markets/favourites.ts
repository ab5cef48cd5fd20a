/** The markets that the user has starred, kept in this browser and shared by its tabs. */

import { type Asset, isSymbol } from '@/markets'
import { load, onSaved, save } from '@/storage'
import { createStore } from '@/store'

const KEY = 'favourites'

const isList = (value: unknown): value is Asset[] => Array.isArray(value) && value.every(isSymbol)

export const favourites = createStore<ReadonlySet<Asset>>(restored())

function restored(): ReadonlySet<Asset> {
  return new Set(load(KEY, isList, []))
}

onSaved(KEY, () => favourites.set(restored()))

/** Stars a market, or takes its star away. */
export function toggleFavourite(asset: Asset): void {
  const next = new Set(favourites.get())
  if (!next.delete(asset)) next.add(asset)
  favourites.set(next)
  save(KEY, [...next])
}
