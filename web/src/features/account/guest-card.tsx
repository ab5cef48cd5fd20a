import { Card } from '@/features/account/card'
import { paths } from '@/paths'
import { LinkButton } from '@/ui/link-button'

/** Stands where a registered user has the profile. */
export function GuestCard() {
  return (
    <Card title="Guest account" about="This browser alone has access to it.">
      <p className="mb-4 text-soft">
        Add an email and a password to keep the account, sign in on other devices, create API keys
        and open more accounts.
      </p>
      <LinkButton to={paths.registerThen(paths.account)} look="primary">
        Keep this account
      </LinkButton>
    </Card>
  )
}
