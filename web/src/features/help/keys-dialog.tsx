import { t } from '@lingui/core/macro'
import { KeyList } from '@/features/help/key-list'
import { Dialog } from '@/ui/dialog'

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t`Keyboard shortcuts`}>
      <KeyList />
    </Dialog>
  )
}
