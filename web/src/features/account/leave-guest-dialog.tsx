import { t } from '@lingui/core/macro'
import { ConfirmDialog } from '@/features/account/confirm-dialog'
import { useSignOut } from '@/features/account/preferences'

/** Asks a guest before signing out: nobody can return to a guest's account. */
export function LeaveGuestDialog({ onClose }: { onClose: () => void }) {
  const leave = useSignOut()
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t`Leave the guest account?`}
      action={t`Sign out`}
      isPending={false}
      onConfirm={leave}
    >
      {t`Nobody can sign in to a guest account again. To keep its positions and history, add an email first.`}
    </ConfirmDialog>
  )
}
