/** The commands that open the order form with a kind of order. */

import { t } from '@lingui/core/macro'
import type { Command } from '@/commands'
import { LEVERAGE_ID } from '@/features/ticket/field-ids'
import type { Kind } from '@/features/ticket/order-terms'
import { type Asset, isSymbol, listedOrFirst } from '@/markets'
import { paths } from '@/paths'
import { load } from '@/storage'
import { propose, type ProposedOrder } from '@/trading/proposal'

export function orderCommands(navigate: (path: string) => void): Command[] {
  const open = (order: Omit<ProposedOrder, 'asset'>) => () => {
    const asset = shownAsset()
    propose({ asset, ...order })
    if (location.pathname !== paths.trade) navigate(paths.tradeOf(asset))
  }
  const command = (kind: Kind, label: string, words: string): Command => ({
    id: `order-${kind}`,
    group: 'Actions',
    label,
    words,
    run: open({ kind }),
  })
  return [
    command('MARKET', t`Market order`, t({ message: 'buy sell now', context: 'search words' })),
    command(
      'LIMIT',
      t`Limit order`,
      t({ message: 'buy sell price post only', context: 'search words' }),
    ),
    command(
      'STOP_MARKET',
      t`Stop order`,
      t({ message: 'sl stop loss trigger', context: 'search words' }),
    ),
    command(
      'STOP',
      t`Stop limit order`,
      t({ message: 'sl stop loss trigger', context: 'search words' }),
    ),
    command(
      'TRAILING_STOP_MARKET',
      t`Trailing stop order`,
      t({ message: 'sl tsl callback follow', context: 'search words' }),
    ),
    {
      id: 'leverage',
      group: 'Actions',
      label: t`Change the leverage`,
      words: t({ message: 'margin multiplier', context: 'search words' }),
      run: open({ field: LEVERAGE_ID }),
    },
  ]
}

/** The market that the trading page shows, or would show. */
function shownAsset(): Asset {
  const asked = new URLSearchParams(location.search).get('asset')
  return listedOrFirst(asked ?? load('asset', isSymbol, ''))
}
