import { t } from '@lingui/core/macro'
import { Card } from '@/features/account/card'
import { paths } from '@/paths'
import { LinkButton } from '@/ui/link-button'

/** Stands where a registered user has the profile. */
export function GuestCard() {
  return (
    <Card title={t`Guest account`} about={t`This browser alone has access to it.`}>
      <p className="mb-4 text-soft">
        {t`Add an email and a password to keep the account, sign in on other devices, create API keys and open more accounts.`}
      </p>
      <LinkButton to={paths.registerThen(paths.account)} look="primary">
        {t`Keep this account`}
      </LinkButton>
    </Card>
  )
}
