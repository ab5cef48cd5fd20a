import { useState } from 'react'
import { CloseDialog } from '@/features/positions/close-dialog'
import { ExitsDialog } from '@/features/positions/exits-dialog'
import { OpenCards } from '@/features/positions/open-cards'
import { OpenTable } from '@/features/positions/open-table'
import { useClose } from '@/features/positions/use-close'
import { sentence } from '@/api/errors'
import { doubtOf } from '@/live/doubt'
import type { Asset } from '@/markets'
import { settings } from '@/settings'
import type { Position } from '@/trading/account'
import { useAccount } from '@/trading/queries'
import { Empty, Failed, Loading } from '@/ui/states'
import { useMedia } from '@/ui/use-media'

export type PositionActions = {
  onClose: (position: Position) => void
  onEdit: (position: Position) => void
  isClosing: (orderId: string) => boolean
}

/** The open positions, as a table or as cards, with their actions. */
export function OpenPositions({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const account = useAccount()
  const isWide = useMedia('(min-width: 64rem)')
  const [closingId, setClosingId] = useState<string | null>(null)
  const [editingId, setEditingId] = useState<string | null>(null)
  const { close, isClosing } = useClose()

  if (account.isPending) return <Loading label="Loading positions" />
  if (!account.data) {
    return <Failed message={sentence(account.error)} onRetry={() => void account.refetch()} />
  }
  const { positions } = account.data
  if (positions.length === 0) {
    return <Empty title="No open positions">Open one with the order form.</Empty>
  }
  const find = (id: string | null) => positions.find((position) => position.orderId === id) ?? null
  const actions: PositionActions = {
    isClosing,
    onEdit: (position) => setEditingId(position.orderId),
    onClose(position) {
      // Closing at a price in doubt always needs a confirmation.
      if (settings.get().confirmClose || doubtOf(position.asset)) setClosingId(position.orderId)
      else close(position)
    },
  }
  const List = isWide ? OpenTable : OpenCards
  return (
    <>
      <List positions={positions} actions={actions} onAsset={onAsset} />
      <CloseDialog
        position={find(closingId)}
        onClose={() => setClosingId(null)}
        onConfirm={close}
      />
      <ExitsDialog position={find(editingId)} onClose={() => setEditingId(null)} />
    </>
  )
}
