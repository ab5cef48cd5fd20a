import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { sentence } from '@/api/errors'
import type { ApiKey } from '@/api/schema'
import { Card } from '@/features/account/card'
import { ConfirmDialog } from '@/features/account/confirm-dialog'
import { MakeKeyDialog } from '@/features/account/make-key-dialog'
import { useApiKeys, useDeleteApiKey } from '@/features/account/queries'
import { Moment, ZoneName } from '@/time-zone'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Empty, Failed, Loading } from '@/ui/states'
import { toast } from '@/ui/toast'

export function ApiKeysCard() {
  const keys = useApiKeys()
  const [isMaking, setIsMaking] = useState(false)
  const [doomed, setDoomed] = useState<ApiKey | null>(null)
  return (
    <Card
      title={t`API keys`}
      about={t`For programs that trade or read data on your behalf.`}
      aside={<Button onClick={() => setIsMaking(true)}>{t`New key`}</Button>}
    >
      {keys.isPending && <Loading label={t`Loading API keys`} />}
      {keys.isError && (
        <Failed message={sentence(keys.error)} onRetry={() => void keys.refetch()} />
      )}
      {keys.data?.length === 0 && <Empty title={t`No API keys yet`} />}
      {keys.data && keys.data.length > 0 && (
        <ul aria-label={t`API keys`} className="flex flex-col divide-y divide-line">
          {keys.data.map((key) => (
            <Row key={key.keyId} apiKey={key} onDelete={() => setDoomed(key)} />
          ))}
        </ul>
      )}
      <MakeKeyDialog open={isMaking} onClose={() => setIsMaking(false)} />
      <DeleteDialog apiKey={doomed} onClose={() => setDoomed(null)} />
    </Card>
  )
}

function Row({ apiKey, onDelete }: { apiKey: ApiKey; onDelete: () => void }) {
  const { name, key, signsWith, scope, allowedAddresses, createdAt, lastUsedAt } = apiKey
  const addresses = allowedAddresses.join(', ')
  return (
    <li className="flex items-center justify-between gap-4 py-3 first:pt-0 last:pb-0">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium break-words">
          {name}
          <Badge tone={scope === 'TRADE' ? 'warn' : 'plain'}>
            {scope === 'TRADE' ? t`Read and trade` : t`Read only`}
          </Badge>
          {key !== null && <Badge>{t`Exchange bots`}</Badge>}
          {signsWith === 'ED25519' && <Badge>Ed25519</Badge>}
        </p>
        {key !== null && <p className="mt-0.5 font-mono text-xs break-all text-soft">{key}</p>}
        <p className="mt-0.5 text-xs text-soft">
          <Trans>
            Created <Moment at={createdAt} />
          </Trans>
          {' · '}
          {lastUsedAt === null ? (
            t`never used`
          ) : (
            <Trans>
              last used <Moment at={lastUsedAt} />
            </Trans>
          )}
          {' · '}
          <ZoneName />
          {allowedAddresses.length > 0 && ` · ${t`from ${addresses}`}`}
        </p>
      </div>
      <Button size="sm" aria-label={t`Delete API key ${name}`} onClick={onDelete}>
        {t`Delete`}
      </Button>
    </li>
  )
}

function DeleteDialog({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const remove = useDeleteApiKey()
  const name = apiKey?.name
  return (
    <ConfirmDialog
      open={apiKey !== null}
      onClose={onClose}
      title={name === undefined ? t`Delete this key?` : t`Delete ${name}?`}
      action={t`Delete`}
      isPending={remove.isPending}
      onConfirm={() => {
        if (!apiKey) return
        remove.mutate(apiKey.keyId, {
          onSuccess: onClose,
          onError: (error) => toast('error', t`Key not deleted`, sentence(error)),
        })
      }}
    >
      {t`Programs that use this key lose access immediately. This can’t be undone.`}
    </ConfirmDialog>
  )
}
