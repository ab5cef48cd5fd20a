import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { Equity, Realized, Unrealized } from '@/features/account/totals'
import * as format from '@/format'
import { useAccount } from '@/trading/queries'
import { cx } from '@/ui/class-names'
import { Tooltip } from '@/ui/tooltip'

/** The equity of the account and its parts. */
export function AccountBar({ className }: { className?: string }) {
  const account = useAccount().data
  const money = (value: bigint | null | undefined) =>
    value == null ? format.UNKNOWN : format.usd(value)
  return (
    <dl className={cx('gap-x-5 gap-y-3 max-2xl:gap-x-3', className)}>
      <Figure name={t`Equity`} about={t`Balance + unrealized P&L.`}>
        <Equity />
      </Figure>
      <Figure name={t`Balance`} about={t`Free margin + used margin + what open orders reserve.`}>
        {money(account && account.free + account.usedMargin + account.reserved)}
      </Figure>
      <Figure name={t`Used margin`} about={t`Held by open positions.`}>
        {account ? format.usd(account.usedMargin, 'ceiling') : format.UNKNOWN}
      </Figure>
      <Figure name={t`Free margin`} about={t`Available as margin for new positions.`}>
        <span data-testid="free-margin">{money(account?.free)}</span>
      </Figure>
      <Figure name={t`Unrealized P&L`} about={t`Gain or loss if all positions were closed now.`}>
        <Unrealized />
      </Figure>
      <Figure
        name={t`Net realized P&L`}
        about={t`The P&L of all closes, of parts too, after fees and funding.`}
      >
        <Realized />
      </Figure>
    </dl>
  )
}

function Figure({ name, about, children }: { name: string; about: string; children: ReactNode }) {
  return (
    <div className="min-w-19">
      <dt className="text-2xs leading-4 whitespace-nowrap text-faint">
        <Tooltip content={about}>
          <button type="button" className="cursor-help">
            {name}
          </button>
        </Tooltip>
      </dt>
      <dd className="text-xs leading-4">{children}</dd>
    </div>
  )
}
