import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Command } from '@/commands'
import { listed } from '@/features/palette/search'
import { setMarkets } from '@/markets'
import { accountCommands } from '@/pages/account-commands'
import { orderCommands } from '@/pages/order-commands'
import { settingCommands } from '@/pages/setting-commands'
import { save } from '@/storage'
import { market } from '@/testkit'
import { chooseTheme } from '@/theme'
import { proposal } from '@/trading/proposal'

const navigate = vi.fn()

beforeEach(() => {
  setMarkets([market('BTCUSDT'), market('ETHUSDT')])
  chooseTheme('light')
})

afterEach(() => {
  proposal.set(null)
  navigate.mockClear()
  localStorage.clear()
})

const commands = (): Command[] => [
  ...orderCommands(navigate),
  ...accountCommands(navigate, false),
  ...settingCommands(),
]

it.each([
  ['stop', ['Stop order', 'Stop limit order', 'Trailing stop order']],
  ['sl', ['Stop order', 'Stop limit order', 'Trailing stop order']],
  ['trailing', ['Trailing stop order']],
  ['leverage', ['Change the leverage']],
  ['csv', ['Order history', 'Fills', 'Position history', 'Account history']],
  ['api key', ['API keys']],
  ['reset', ['Reset the account']],
  ['dark', ['Theme: Dark']],
  ['language', ['Deutsch', 'Español', '中文']],
])('finds by %j', (query, expected) => {
  const found = listed(commands(), query, []).flatMap((group) => group.commands)
  const first = found.slice(0, expected.length).map(({ label }) => label)
  expect(first.toSorted()).toEqual(expected.toSorted())
})

const run = (id: string) =>
  commands()
    .find((command) => command.id === id)
    ?.run()

it('opens the order form of the shown market with a kind', () => {
  history.replaceState(null, '', '/trade?asset=ETHUSDT')
  run('order-STOP')
  expect(proposal.get()).toEqual({ asset: 'ETHUSDT', kind: 'STOP' })
  expect(navigate).not.toHaveBeenCalled()
})

it('goes to the trading page from another one, with the market chosen last', () => {
  history.replaceState(null, '', '/markets')
  save('asset', 'ETHUSDT')
  run('leverage')
  expect(proposal.get()).toEqual({ asset: 'ETHUSDT', field: 'order-leverage' })
  expect(navigate).toHaveBeenCalledWith('/trade?asset=ETHUSDT')
})
