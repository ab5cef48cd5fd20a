import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { Scope } from '@/api/schema'
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
  const [scope, setScope] = useState<Scope>('READ')
  const { form, problemOf } = useFormProblems({ name: ({ name }) => nameProblem(name) }, (values) =>
    make.mutate({ name: values.name.trim(), scope }),
  )
  if (make.data) return <Secret secret={make.data.secret} onClose={onClose} />
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

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [isCopied, setIsCopied] = useState(false)

  async function copySecret(): Promise<void> {
    try {
      await copy(secret)
      setIsCopied(true)
    } catch {
      toast('error', 'The browser blocked copying', 'Select the key and copy it manually.')
    }
  }

  return (
    <div className="flex flex-col gap-4">
      <Notice tone="info">Copy the key now. It won’t be shown again.</Notice>
      <Field
        label="Key"
        readOnly
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
        unit={
          <IconButton label={isCopied ? 'Copied' : 'Copy'} onClick={() => void copySecret()}>
            {isCopied ? <Check size={15} className="text-up" /> : <Copy size={15} />}
          </IconButton>
        }
        hint="Send it in the header Authorization: Bearer … or X-Api-Key."
      />
      <Button look="primary" onClick={onClose}>
        Done
      </Button>
    </div>
  )
}
