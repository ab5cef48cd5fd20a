/** The commands that the palette lists for a query, in groups. */

import { type Command, COMMAND_GROUPS, type CommandGroup } from '@/commands'
import { score } from '@/features/palette/fuzzy'

/** More than anybody reads; a thousand markets would fill the list. */
const LISTED_MAX = 40
/** The commands of a group that are listed before anything is typed. */
const UNASKED_MAX = 8

const RECENT_POINTS = 1
/** What a kind of match is worth: more than the kinds after it can get by their quality. */
const LABEL_POINTS = 2_000
const WORD_POINTS = 1_000
const LETTERS_POINTS = 500

export type Listed = { title: CommandGroup | 'Recent'; commands: readonly Command[] }

/** Without a query: the recent ones, then the first of each group. With one: the best first. */
export function listed(
  commands: readonly Command[],
  query: string,
  recent: readonly string[],
): Listed[] {
  if (query.trim() === '') return unasked(commands, recent)
  const found: { command: Command; points: number }[] = []
  for (const command of commands) {
    const points = pointsOf(command, query)
    if (points === null) continue
    const isRecent = recent.includes(command.id)
    found.push({ command, points: points + (isRecent ? RECENT_POINTS : 0) })
  }
  // Letters here and there are noise where words are found.
  const least = found.some(({ points }) => points >= WORD_POINTS) ? WORD_POINTS : 0
  const best = found
    .filter(({ points }) => points >= least)
    .toSorted((a, b) => b.points - a.points)
    .slice(0, LISTED_MAX)
  // The group of the best one comes first.
  const groups = new Map<CommandGroup, Command[]>()
  for (const { command } of best) {
    const of = groups.get(command.group)
    if (of) of.push(command)
    else groups.set(command.group, [command])
  }
  return [...groups].map(([title, of]) => ({ title, commands: of }))
}

/**
 * What is found by a part of its label comes first, then by the start of another word of it, such as
 * `sl`, and then by letters here and there.
 */
function pointsOf({ label, detail = '', words = '' }: Command, query: string): number | null {
  const all = `${label} ${detail} ${words}`
  const asked = query.trim().toLowerCase().split(/\s+/)
  const inLabel = label.toLowerCase()
  const known = all.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  const byLabel = score(query, label)
  if (byLabel !== null && asked.every((word) => inLabel.includes(word))) {
    return byLabel + LABEL_POINTS
  }
  const byAll = score(query, all)
  const isStart = asked.every((word) => known.some((each) => each.startsWith(word)))
  if (byAll !== null && isStart) return byAll + WORD_POINTS
  return byLabel === null ? byAll : byLabel + LETTERS_POINTS
}

function unasked(commands: readonly Command[], recent: readonly string[]): Listed[] {
  const last = recent
    .map((id) => commands.find((command) => command.id === id))
    .filter((command) => command !== undefined)
  const rest = COMMAND_GROUPS.map((title) => ({
    title,
    commands: commands
      .filter(({ group, id }) => group === title && !recent.includes(id))
      .slice(0, UNASKED_MAX),
  }))
  return [{ title: 'Recent' as const, commands: last }, ...rest].filter(
    ({ commands: of }) => of.length > 0,
  )
}
