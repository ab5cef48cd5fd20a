import { t } from '@lingui/core/macro'
import { AccountsCard } from '@/features/account/accounts-card'
import { ApiKeysCard } from '@/features/account/api-keys-card'
import { GuestCard } from '@/features/account/guest-card'
import { ProfileCard } from '@/features/account/profile-card'
import { SessionsCard } from '@/features/account/sessions-card'
import { SiteHeader } from '@/pages/site-header'
import { useMe } from '@/session'
import { useTitle } from '@/ui/use-title'

/** The account page: profile, accounts, sessions and API keys. */
export function AccountPage() {
  useTitle(t`Account`)
  const me = useMe()
  // Signed out, and about to leave the page.
  if (!me) return null
  return (
    <div className="min-h-full">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex max-w-3xl flex-col gap-5 px-4 py-8 normal-nums sm:px-6 sm:py-12"
      >
        <h1 className="text-2xl font-semibold tracking-tight">{t`Account`}</h1>
        {me.guest || me.email === null ? <GuestCard /> : <ProfileCard user={me} email={me.email} />}
        <div id="accounts" className="scroll-mt-20">
          <AccountsCard />
        </div>
        <SessionsCard />
        {!me.guest && <ApiKeysCard />}
      </main>
    </div>
  )
}
