import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { Link } from 'wouter'
import { sentence } from '@/api/errors'
import { signupDeposit } from '@/config'
import { exact } from '@/decimal'
import * as format from '@/format'
import { useHere } from '@/navigation'
import { paths } from '@/paths'
import { becomeGuest } from '@/session'
import { useSoleMutation } from '@/sole-mutation'
import { useStore } from '@/store'
import { Button } from '@/ui/button'
import { cx } from '@/ui/class-names'

/** The button that gives a visitor an account at once, where a user has the one that sends an order. */
export function StartTrading({ className }: { className?: string }) {
  const here = useHere()
  const start = useSoleMutation({ mutationFn: becomeGuest })
  const deposit = useStore(signupDeposit)
  const amount = deposit === null ? null : dollars(deposit)
  return (
    <div className={cx('flex flex-col gap-2', className)}>
      <Button look="primary" size="lg" pending={start.isPending} onClick={() => start.mutate()}>
        {amount === null ? t`Start trading` : t`Try it with ${amount}`}
      </Button>
      {start.error ? (
        <p role="alert" className="text-xs text-down">
          {sentence(start.error)}
        </p>
      ) : (
        <p className="text-center text-2xs text-faint">
          <Trans>
            Virtual money, no email needed.{' '}
            <Link to={paths.signInThen(here)} className="text-accent underline">
              Sign in
            </Link>
          </Trans>
        </p>
      )}
    </div>
  )
}

/** Returns an amount in dollars, without cents that are zero. */
export function dollars(text: string): string {
  const amount = format.usd(exact(text)).replace(/[.,]00$/, '')
  return t`$${amount}`
}
