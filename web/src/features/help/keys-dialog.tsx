import { KeyList } from '@/features/help/key-list'
import { Dialog } from '@/ui/dialog'

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <KeyList />
    </Dialog>
  )
}
