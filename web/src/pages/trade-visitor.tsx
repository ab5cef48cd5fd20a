import { t } from '@lingui/core/macro'
import { LineChart } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { paths } from '@/paths'
import { StartTrading } from '@/trading/start-trading'

/** Stands where a user has positions and orders. */
export function VisitorPositions() {
  return (
    <VisitorPanel label={t`Positions`}>
      <p className="text-soft">{t`Your positions and orders will be here.`}</p>
    </VisitorPanel>
  )
}

/** Stands where a user has the account. */
export function VisitorAccount() {
  return (
    <VisitorPanel label={t`Account`}>
      <p className="max-w-xs text-soft">
        {t`Try it with virtual money, and add an email later to keep the account.`}
      </p>
      <StartTrading className="w-full max-w-xs" />
      <Link to={paths.register} className="text-accent underline">
        {t`Register now`}
      </Link>
    </VisitorPanel>
  )
}

function VisitorPanel({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      className="flex h-full min-h-0 flex-1 flex-col items-center justify-center gap-3 bg-panel p-4 text-center"
    >
      <LineChart size={24} className="text-faint" aria-hidden />
      {children}
    </section>
  )
}
