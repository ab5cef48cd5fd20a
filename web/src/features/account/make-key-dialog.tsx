import { t } from '@lingui/core/macro'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { KeyKind, MadeKey, Scope } from '@/api/schema'
import { Failure, useWait } from '@/failure'
import { ccxtLines, curlLine } from '@/features/account/key-lines'
import { useMakeApiKey } from '@/features/account/queries'
import { Button, IconButton } from '@/ui/button'
import { copy } from '@/ui/copy'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { Notice } from '@/ui/notice'
import { Segmented } from '@/ui/tabs'
import { TextArea } from '@/ui/text-area'
import { toast } from '@/ui/toast'
import { useFormProblems } from '@/ui/use-form-problems'

const NAME_CHARS_MAX = 64

const PEM_EXAMPLE = '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----'

type Place = 'NEW' | 'FIRST'

type Signer = 'SECRET' | 'PRIVATE_KEY'

/** Creates a key, then shows it and its secret until the dialog is closed. */
export function MakeKeyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t`New API key`}>
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
  const [signer, setSigner] = useState<Signer>('SECRET')
  const isExchange = kind === 'EXCHANGE'
  const hasPublicKey = isExchange && signer === 'PRIVATE_KEY'
  const { form, problemOf } = useFormProblems(
    {
      name: ({ name }) => nameProblem(name),
      publicKey: ({ publicKey }) => (hasPublicKey ? publicKeyProblem(publicKey) : null),
      addresses: () => null,
    },
    (values) => {
      const name = values.name.trim()
      if (!isExchange) return make.mutate({ name, scope, kind })
      const addresses = values.addresses.split(/[\s,]+/).filter((part) => part !== '')
      make.mutate({
        name,
        scope,
        kind,
        ...(place === 'NEW' && { newAccount: name }),
        ...(hasPublicKey && { publicKey: values.publicKey }),
        ...(addresses.length > 0 && { allowedAddresses: addresses }),
      })
    },
  )
  if (make.data) return <Made made={make.data} onClose={onClose} />
  return (
    <form className="flex flex-col gap-4" aria-label={t`New API key`} {...form}>
      <Field
        data-first
        label={t`Name`}
        name="name"
        autoComplete="off"
        placeholder={t`market maker`}
        // An account of the key's own is named like it.
        problem={problemOf(
          'name',
          fieldProblem(make.error, 'name') ?? fieldProblem(make.error, 'newAccount'),
        )}
      />
      <Choice<KeyKind>
        label={t({ message: 'For', context: 'API key' })}
        value={kind}
        onChange={setKind}
        options={[
          { value: 'BEARER', label: 'Velox API' },
          { value: 'EXCHANGE', label: t`Exchange bots` },
        ]}
        hint={
          isExchange
            ? t`For programs written for Binance Futures, such as ccxt and freqtrade.`
            : null
        }
      />
      <Choice<Scope>
        label={t`Permissions`}
        value={scope}
        onChange={setScope}
        options={[
          { value: 'READ', label: t`Read only` },
          { value: 'TRADE', label: t`Read and trade` },
        ]}
      />
      {isExchange && (
        <>
          <Choice<Place>
            label={t`Account`}
            value={place}
            onChange={setPlace}
            options={[
              { value: 'NEW', label: t`New account` },
              { value: 'FIRST', label: t`First account` },
            ]}
            hint={
              place === 'NEW'
                ? t`The bot gets an account of its own, named like the key, with one net position per market.`
                : t`A key that may trade sets the account to one net position per market, if nothing is open.`
            }
          />
          <Choice<Signer>
            label={t`Signs with`}
            value={signer}
            onChange={setSigner}
            options={[
              { value: 'SECRET', label: t`A secret` },
              { value: 'PRIVATE_KEY', label: t`My Ed25519 key` },
            ]}
            hint={
              signer === 'SECRET'
                ? t`You get a secret that signs requests. Every program supports it.`
                : t`Your private key signs requests, and stays with you.`
            }
          />
          {hasPublicKey && (
            <TextArea
              label={t`Public key`}
              name="publicKey"
              rows={4}
              autoComplete="off"
              spellCheck={false}
              placeholder={PEM_EXAMPLE}
              hint={t`The PEM that openssl pkey -pubout writes.`}
              problem={problemOf('publicKey', fieldProblem(make.error, 'publicKey'))}
            />
          )}
          <Field
            label={t`Allowed addresses`}
            name="addresses"
            autoComplete="off"
            placeholder={t({ message: 'any', context: 'addresses' })}
            hint={t`IP addresses or networks, separated by commas.`}
            problem={problemOf('addresses', fieldProblem(make.error, 'allowedAddresses'))}
          />
        </>
      )}
      <Failure
        error={make.error}
        wait={wait}
        fields={[
          'name',
          'newAccount',
          ...(isExchange ? ['allowedAddresses'] : []),
          ...(hasPublicKey ? ['publicKey'] : []),
        ]}
      />
      <Button type="submit" look="primary" pending={make.isPending} disabled={wait > 0}>
        {t`Create key`}
      </Button>
    </form>
  )
}

/** A choice between words, with its label and what the chosen one means. */
function Choice<T extends string>({
  label,
  value,
  onChange,
  options,
  hint = null,
}: {
  label: string
  value: T
  onChange: (value: T) => void
  options: readonly { value: T; label: string }[]
  hint?: string | null
}) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-xs text-soft">{label}</span>
      <Segmented<T>
        label={label}
        value={value}
        onChange={onChange}
        size="md"
        className="border border-edge p-0.5"
        options={options}
      />
      {hint !== null && <span className="text-xs text-soft">{hint}</span>}
    </div>
  )
}

function nameProblem(name: string): string | null {
  const chars = [...name.trim()].length
  return chars >= 1 && chars <= NAME_CHARS_MAX ? null : t`Use 1 to ${NAME_CHARS_MAX} characters`
}

/** Returns the problem of a text that is obviously no public key. A private key is never sent. */
function publicKeyProblem(text: string): string | null {
  if (text.includes('PRIVATE KEY-----')) {
    return t`This is a private key. Keep it, and paste the public one.`
  }
  return text.includes('-----BEGIN PUBLIC KEY-----')
    ? null
    : t`Paste all of it, with the line -----BEGIN PUBLIC KEY-----`
}

function Made({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const { apiKey, secret, mode } = made
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="info">
        {secret === null
          ? t`Requests are signed with your private key. There is no secret to copy.`
          : apiKey.key === null
            ? t`Copy the key now. It won’t be shown again.`
            : t`Copy the secret now. It won’t be shown again.`}
      </Notice>
      {apiKey.key === null ? (
        <Shown
          what="key"
          value={secret ?? ''}
          hint={t`Send it in the header Authorization: Bearer … or X-Api-Key.`}
        />
      ) : (
        <>
          <Shown what="key" value={apiKey.key} hint={t`The apiKey of your bot’s configuration.`} />
          {secret !== null && (
            <Shown what="secret" value={secret} hint={t`It signs requests, and is never sent.`} />
          )}
          {mode === 'separate' && apiKey.scope === 'TRADE' && (
            <Notice tone="error">
              {t`The account has separate positions, so this key can read but not trade. Close all positions and orders, then create a key again.`}
            </Notice>
          )}
        </>
      )}
      <Lines made={made} />
      <Button look="primary" onClick={onClose}>
        {t`Done`}
      </Button>
    </div>
  )
}

/** What to paste to use the key. It contains the secret, and is gone with the dialog. */
function Lines({ made }: { made: MadeKey }) {
  const [isCopied, setIsCopied] = useState(false)
  const isExchange = made.apiKey.key !== null
  const text = isExchange ? ccxtLines(made, location.origin) : curlLine(made, location.origin)
  const hint =
    made.secret === null
      ? t`Beside it lies private.pem, your private key. For other programs see docs/bots.md.`
      : t`For other programs see docs/bots.md.`
  return (
    <div className="flex flex-col gap-2">
      <TextArea
        label={isExchange ? t`ccxt in Python` : t`Command to try it`}
        readOnly
        rows={isExchange ? 9 : 4}
        value={text}
        spellCheck={false}
        wrap={isExchange ? 'off' : 'soft'}
        hint={isExchange && hint}
      />
      <Button
        size="sm"
        className="self-end"
        onClick={() => void copyText(text, () => setIsCopied(true))}
      >
        {isCopied ? <Check size={14} className="text-up" /> : <Copy size={14} />}
        {isExchange ? t`Copy the program` : t`Copy the command`}
        <span role="status" className="sr-only">
          {isCopied && t`Copied`}
        </span>
      </Button>
    </div>
  )
}

async function copyText(text: string, onCopied: () => void): Promise<void> {
  try {
    await copy(text)
    onCopied()
  } catch {
    toast('error', t`The browser blocked copying`, t`Select the text and copy it manually.`)
  }
}

type ShownProps = { what: 'key' | 'secret'; value: string; hint: string }

function Shown({ what, value, hint }: ShownProps) {
  const [isCopied, setIsCopied] = useState(false)
  const words =
    what === 'key'
      ? { label: t`Key`, copy: t`Copy key`, copied: t`Key copied` }
      : { label: t`Secret`, copy: t`Copy secret`, copied: t`Secret copied` }
  return (
    <Field
      label={words.label}
      readOnly
      value={value}
      onFocus={(event) => event.currentTarget.select()}
      unit={
        <IconButton
          label={isCopied ? words.copied : words.copy}
          onClick={() => void copyText(value, () => setIsCopied(true))}
        >
          {isCopied ? <Check size={15} className="text-up" /> : <Copy size={15} />}
        </IconButton>
      }
      hint={hint}
    />
  )
}
