import { t } from '@lingui/core/macro'
import { type AssetInfo, hasCosts } from '@/markets'

/** Returns the market of the worked example, which has no costs and is liquidated by its loss. */
export function exampleOf(list: readonly AssetInfo[]): AssetInfo | undefined {
  return list.find((market) => !hasCosts(market) && market.liquidationModel === 'MARGIN_LOSS')
}

/** Returns the sections of the help page by their ids, in order, in the texts of that page. */
export function topicsOf(list: readonly AssetInfo[]): [id: string, title: string][] {
  const topics: [id: string, title: string, isShown?: boolean][] = [
    ['contracts', t`What is traded`],
    ['spread', t`Price and spread`],
    ['margin', t`Margin and leverage`],
    ['pnl', t`Profit and loss`],
    ['costs', t`Fees and funding`, list.some(hasCosts)],
    ['liquidation', t`Liquidation`],
    ['exits', t`Stop-loss and take-profit`],
    ['changes', t`Changing a position`],
    ['account', t`Account figures`],
    ['example', t`A worked example`, exampleOf(list) !== undefined],
    ['keyboard', t`Using the keyboard`],
  ]
  return topics.filter(([, , isShown]) => isShown ?? true).map(([id, title]) => [id, title])
}
