import { expect, it } from 'vitest'
import type { Command, CommandGroup } from '@/commands'
import { listed } from '@/features/palette/search'

const command = (label: string, group: CommandGroup, words = ''): Command => ({
  id: label,
  group,
  label,
  words,
  run: () => undefined,
})

const COMMANDS = [
  command('Layout: Wide', 'Layout', 'change panels'),
  command('Toggle the theme', 'Actions', 'dark light'),
  command('BTC USDT', 'Markets', 'BTCUSDT Bitcoin'),
  command('LTC USDT', 'Markets', 'LTCUSDT Litecoin'),
  command('Account', 'Pages'),
]

const shown = (query: string, recent: string[] = []) =>
  listed(COMMANDS, query, recent).map(({ title, commands }) => [
    title,
    ...commands.map(({ label }) => label),
  ])

it.each<[string, string[], string[][]]>([
  [
    '',
    [],
    [
      ['Actions', 'Toggle the theme'],
      ['Markets', 'BTC USDT', 'LTC USDT'],
      ['Pages', 'Account'],
      ['Layout', 'Layout: Wide'],
    ],
  ],
  // A command that the page does not offer now is not listed, and a recent one only once.
  [
    ' ',
    ['gone', 'LTC USDT', 'Account'],
    [
      ['Recent', 'LTC USDT', 'Account'],
      ['Actions', 'Toggle the theme'],
      ['Markets', 'BTC USDT'],
      ['Layout', 'Layout: Wide'],
    ],
  ],
  ['bitcoin', [], [['Markets', 'BTC USDT']]],
  ['dark', [], [['Actions', 'Toggle the theme']]],
  // By the label first, by other words after that.
  [
    'c',
    [],
    [
      ['Pages', 'Account'],
      ['Markets', 'BTC USDT', 'LTC USDT'],
      ['Layout', 'Layout: Wide'],
    ],
  ],
  // Letters here and there find nothing where there is a word.
  ['lt', [], [['Markets', 'LTC USDT']]],
  ['lw', [], [['Layout', 'Layout: Wide']]],
  ['pan', [], [['Layout', 'Layout: Wide']]],
  ['usd', ['LTC USDT'], [['Markets', 'LTC USDT', 'BTC USDT']]],
])('lists for %j with %j recent', (query, recent, expected) => {
  expect(shown(query, recent)).toEqual(expected)
})

it('lists no more than anybody reads', () => {
  const many = Array.from({ length: 1_000 }, (_, n) => command(`C${n} USDT`, 'Markets'))
  const count = (query: string) => listed(many, query, []).flatMap((group) => group.commands).length
  expect(count('')).toBe(8)
  expect(count('usdt')).toBe(40)
})
