import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { KeyKind, MadeKey, Scope } from '@/api/schema'
import { Failure, useWait } from '@/failure'
import { useMakeApiKey } from '@/features/account/queries'
import { Button, IconButton } from '@/ui/button'
import { copy } from '@/ui/copy'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Segmented } from '@/ui/tabs'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

const NAME_CHARS_MAX = 64

type Place = 'NEW' | 'FIRST'

/** Creates a key, then shows its secret until the dialog is closed. */
export function MakeKeyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="New API key">
      {/* Unmounted when the dialog closes, so that the secret is not kept. */}
      <MakeKey onClose={onClose} />
    </Dialog>
  )
}

function MakeKey({ onClose }: { onClose: () => void }) {
  const make = useMakeApiKey()
  const wait = useWait(make)
  const [kind, setKind] = useState<KeyKind>('BEARER')
  const [scope, setScope] = useState<Scope>('READ')
  const [place, setPlace] = useState<Place>('NEW')
  const isExchange = kind === 'EXCHANGE'
  const { form, problemOf } = useFormProblems(
    { name: ({ name }) => nameProblem(name), addresses: () => null },
    (values) => {
      const name = values.name.trim()
      if (!isExchange) return make.mutate({ name, scope, kind })
      const addresses = values.addresses.split(/[\s,]+/).filter((part) => part !== '')
      make.mutate({
        name,
        scope,
        kind,
        ...(place === 'NEW' && { newAccount: name }),
        ...(addresses.length > 0 && { allowedAddresses: addresses }),
      })
    },
  )
  if (make.data) return <Made made={make.data} onClose={onClose} />
  return (
    <form className="flex flex-col gap-4" aria-label="New API key" {...form}>
      <Field
        data-first
        label="Name"
        name="name"
        autoComplete="off"
        placeholder="market maker"
        problem={problemOf('name', fieldProblem(make.error, 'name'))}
      />
      <div className="flex flex-col gap-1">
        <span className="text-xs text-soft">For</span>
        <Segmented<KeyKind>
          label="For"
          value={kind}
          onChange={setKind}
          size="md"
          className="border border-edge p-0.5"
          options={[
            { value: 'BEARER', label: 'Velox API' },
            { value: 'EXCHANGE', label: 'Exchange bots' },
          ]}
        />
        {isExchange && (
          <span className="text-xs text-soft">
            A key and a secret for programs written for Binance Futures, such as ccxt and freqtrade.
          </span>
        )}
      </div>
      <div className="flex flex-col gap-1">
        <span className="text-xs text-soft">Permissions</span>
        <Segmented<Scope>
          label="Permissions"
          value={scope}
          onChange={setScope}
          size="md"
          className="border border-edge p-0.5"
          options={[
            { value: 'READ', label: 'Read only' },
            { value: 'TRADE', label: 'Read and trade' },
          ]}
        />
      </div>
      {isExchange && (
        <>
          <div className="flex flex-col gap-1">
            <span className="text-xs text-soft">Account</span>
            <Segmented<Place>
              label="Account"
              value={place}
              onChange={setPlace}
              size="md"
              className="border border-edge p-0.5"
              options={[
                { value: 'NEW', label: 'New account' },
                { value: 'FIRST', label: 'First account' },
              ]}
            />
            <span className="text-xs text-soft">
              {place === 'NEW'
                ? 'The bot gets an account of its own, named like the key, with one net position per market.'
                : 'Bots can trade only while each market has one net position.'}
            </span>
          </div>
          <Field
            label="Allowed addresses"
            name="addresses"
            autoComplete="off"
            placeholder="any"
            hint="IP addresses or networks, separated by commas."
            problem={problemOf('addresses', fieldProblem(make.error, 'allowedAddresses'))}
          />
        </>
      )}
      <Failure error={make.error} wait={wait} />
      <Button type="submit" look="primary" pending={make.isPending} disabled={wait > 0}>
        Create key
      </Button>
    </form>
  )
}

function nameProblem(name: string): string | null {
  const chars = [...name.trim()].length
  return chars >= 1 && chars <= NAME_CHARS_MAX ? null : 'Use 1 to 64 characters'
}

function Made({ made: { apiKey, secret }, onClose }: { made: MadeKey; onClose: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="info">
        {apiKey.key === null
          ? 'Copy the key now. It won’t be shown again.'
          : 'Copy the secret now. It won’t be shown again.'}
      </Notice>
      {apiKey.key === null ? (
        <Shown
          label="Key"
          value={secret}
          hint="Send it in the header Authorization: Bearer … or X-Api-Key."
        />
      ) : (
        <>
          <Shown label="Key" value={apiKey.key} hint="The apiKey of your bot’s configuration." />
          <Shown label="Secret" value={secret} hint="It signs requests, and is never sent." />
        </>
      )}
      <Button look="primary" onClick={onClose}>
        Done
      </Button>
    </div>
  )
}

function Shown({ label, value, hint }: { label: string; value: string; hint: string }) {
  const [isCopied, setIsCopied] = useState(false)

  async function copyValue(): Promise<void> {
    try {
      await copy(value)
      setIsCopied(true)
    } catch {
      toast('error', 'The browser blocked copying', 'Select the text and copy it manually.')
    }
  }

  return (
    <Field
      label={label}
      readOnly
      value={value}
      onFocus={(event) => event.currentTarget.select()}
      unit={
        <IconButton
          label={isCopied ? `${label} copied` : `Copy ${label.toLowerCase()}`}
          onClick={() => void copyValue()}
        >
          {isCopied ? <Check size={15} className="text-up" /> : <Copy size={15} />}
        </IconButton>
      }
      hint={hint}
    />
  )
}
