import { useQuery } from '@tanstack/react-query'
import { records } from '@/api/records'
import { useRefetchOnChange } from '@/trading/refetch'

/** The kinds of the lines of a statement that come from trading. */
const KINDS = 'REALIZED_PNL,COMMISSION,FUNDING_FEE,LIQUIDATION_FEE'

/**
 * Returns what trading has brought, as the server adds up the statement: the P&L of all closes, of
 * parts too, after fees and fundings. Null until it is known.
 */
export function useRealizedPnl(): bigint | null {
  useRefetchOnChange('realized')
  const { data } = useQuery({
    queryKey: ['realized'],
    queryFn: ({ signal }) => records.incomeTotals({ kind: KINDS }, signal),
    staleTime: 0,
  })
  return data ? BigInt(data.total.amountInt) : null
}
