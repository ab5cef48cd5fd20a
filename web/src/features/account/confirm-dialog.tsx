import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type ConfirmDialogProps = {
  open: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** The label of the confirming button. */
  action: string
  isPending: boolean
  onConfirm: () => void
}

/** Asks for confirmation before an action that can't be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onClose, title, children, action, isPending, onConfirm } = props
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <p className="text-soft">{children}</p>
      <div className="mt-5 flex justify-end gap-2">
        <Button data-first onClick={onClose}>
          {t`Cancel`}
        </Button>
        <Button look="danger" pending={isPending} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
