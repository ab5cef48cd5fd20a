import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { sentence } from '@/api/errors'
import type { Session } from '@/api/schema'
import { Card } from '@/features/account/card'
import { ConfirmDialog } from '@/features/account/confirm-dialog'
import { device } from '@/features/account/device'
import { useEndSession, useSessions } from '@/features/account/queries'
import { leaveFor } from '@/navigation'
import { paths } from '@/paths'
import { signOutEverywhere } from '@/session'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Failed, Loading } from '@/ui/states'
import { toast } from '@/ui/toast'

/** How a session began, as the middle of a list. */
function methodName(method: Session['method']): string {
  return {
    PASSWORD: t`with a password`,
    MAGIC_LINK: t`with an email link`,
    GUEST: t`as a guest`,
    API_KEY: t`with an API key`,
  }[method]
}

export function SessionsCard() {
  const sessions = useSessions()
  const [isAsking, setIsAsking] = useState(false)
  return (
    <Card
      title={t`Sessions`}
      about={t`Devices and programs signed in to this account.`}
      aside={<Button onClick={() => setIsAsking(true)}>{t`Sign out everywhere`}</Button>}
    >
      {sessions.isPending && <Loading label={t`Loading sessions`} />}
      {sessions.isError && (
        <Failed message={sentence(sessions.error)} onRetry={() => void sessions.refetch()} />
      )}
      <ul aria-label={t`Sessions`} className="flex flex-col divide-y divide-line">
        {sessions.data?.map((session) => (
          <Row key={session.sessionId} session={session} />
        ))}
      </ul>
      <EverywhereDialog open={isAsking} onClose={() => setIsAsking(false)} />
    </Card>
  )
}

function Row({ session }: { session: Session }) {
  const end = useEndSession()
  const name = device(session.userAgent)
  return (
    <li className="flex items-center justify-between gap-4 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {name}
          {session.current && <Badge tone="up">{t`This session`}</Badge>}
        </p>
        <p className="mt-0.5 text-xs text-soft">
          {session.address} · {methodName(session.method)} ·{' '}
          <Trans>
            since <Moment at={session.createdAt} />
          </Trans>{' '}
          <ZoneName />
        </p>
      </div>
      {!session.current && (
        <Button
          size="sm"
          aria-label={t`End session: ${name}`}
          pending={end.isPending}
          onClick={() =>
            end.mutate(session.sessionId, {
              onError: (error) => toast('error', t`Session not ended`, sentence(error)),
            })
          }
        >
          {t({ message: 'End', context: 'session' })}
        </Button>
      )}
    </li>
  )
}

function EverywhereDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [isPending, setIsPending] = useState(false)

  async function leave(): Promise<void> {
    setIsPending(true)
    try {
      await signOutEverywhere(() => leaveFor(paths.signInThen(paths.trade, 'signed-out')))
    } catch (error) {
      toast('error', t`Not signed out`, sentence(error))
      setIsPending(false)
    }
  }

  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={t`Sign out everywhere?`}
      action={t`Sign out everywhere`}
      isPending={isPending}
      onConfirm={() => void leave()}
    >
      {t`This ends every session, including this one, and invalidates emailed sign-in links. Open positions stay open, and API keys keep working.`}
    </ConfirmDialog>
  )
}
