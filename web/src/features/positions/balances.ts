/** The balance of the account after each line of its statement. */

import type { Income } from '@/api/schema'

export type BalancedLine = {
  line: Income
  /** What the account has after the line, free or not; null if unknown. */
  balance: bigint | null
}

/** Returns lines without a gap, newest first, with their balances; `newest` is the first one's. */
export function withBalances(lines: readonly Income[], newest: bigint | null): BalancedLine[] {
  let balance = newest
  return lines.map((line) => {
    const after = balance
    if (balance !== null) balance -= BigInt(line.amountInt)
    return { line, balance: after }
  })
}
