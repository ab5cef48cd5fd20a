import { useQuery } from '@tanstack/react-query'
import type { Mode } from '@/features/ticket/evaluate'
import type { AssetInfo } from '@/markets'
import { settingsQuery } from '@/trading/queries'

/** The leverage of an asset for which none was set, where orders are netted. */
const FIRST_LEVERAGE = 20

export type AccountMode = {
  mode: Mode
  /** The leverage that the account has in the market; null where each order has its own. */
  leverage: number | null
}

/** Returns the account's position mode, and its leverage in a market. */
export function useMode(info: AssetInfo): AccountMode {
  const { data } = useQuery(settingsQuery)
  const mode = data?.mode === 'one_way' || data?.mode === 'hedge' ? data.mode : 'separate'
  if (!data || mode === 'separate') return { mode, leverage: null }
  const set = data.leverages.find(({ asset }) => asset === info.asset)?.leverage
  return { mode, leverage: set ?? Math.min(FIRST_LEVERAGE, info.maxLeverage) }
}
