/** The commands that were run last, the last one first, kept in this browser. */

import { load, save } from '@/storage'

const KEY = 'recent-commands'
const KEPT_MAX = 8

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string')

export function recentCommands(): readonly string[] {
  return load(KEY, isList, [])
}

export function noteCommand(id: string): void {
  save(KEY, [id, ...recentCommands().filter((known) => known !== id)].slice(0, KEPT_MAX))
}
