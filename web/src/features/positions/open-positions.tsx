import { t } from '@lingui/core/macro'
import { lazy, useState } from 'react'
import { sentence } from '@/api/errors'
import { FilterBar } from '@/features/positions/filter-bar'
import type { ListFilter } from '@/features/positions/list-filter'
import { useFilter } from '@/features/positions/list-state'
import { OpenCards } from '@/features/positions/open-cards'
import { OpenTable } from '@/features/positions/open-table'
import type { Matter } from '@/features/positions/position-menu'
import { Nothing } from '@/features/positions/stored-list'
import { useClose } from '@/features/positions/use-close'
import { doubtOf } from '@/live/doubt'
import type { Asset } from '@/markets'
import { settings } from '@/settings'
import type { Position } from '@/trading/account'
import { useAccount } from '@/trading/queries'
import { Button } from '@/ui/button'
import { Once } from '@/ui/once'
import { Empty, Failed, Loading } from '@/ui/states'
import { lazyWhenIdle } from '@/ui/lazy-when-idle'
import { useMedia } from '@/ui/use-media'

export type PositionActions = {
  onClose: (position: Position) => void
  /** Opens the dialog about a matter. */
  onAsk: (matter: Matter, position: Position) => void
  isClosing: (orderId: string) => boolean
}

// Loaded after the page, at once: the dialog that closes a position must not need the network.
const CloseDialog = lazyWhenIdle(async () => ({
  default: (await import('@/features/positions/close-dialog')).CloseDialog,
}))
// Loaded when they are opened.
const ExitsDialog = lazy(async () => ({
  default: (await import('@/features/positions/exits-dialog')).ExitsDialog,
}))
const ReverseDialog = lazy(async () => ({
  default: (await import('@/features/positions/reverse-dialog')).ReverseDialog,
}))
const MarginDialog = lazy(async () => ({
  default: (await import('@/features/positions/margin-dialog')).MarginDialog,
}))
const CloseAllDialog = lazy(async () => ({
  default: (await import('@/features/positions/close-all-dialog')).CloseAllDialog,
}))

type Asked = { matter: Matter; id: string } | { matter: 'all' }

/** The open positions, as a table or as cards, with their actions. */
export function OpenPositions({ onAsset }: { onAsset: (asset: Asset) => void }) {
  const account = useAccount()
  const isWide = useMedia('(min-width: 64rem)')
  const [asked, setAsked] = useState<Asked | null>(null)
  const { close, isClosing } = useClose()
  const [filter] = useFilter('open')

  if (account.isPending) return <Loading label={t`Loading positions`} />
  if (!account.data) {
    return <Failed message={sentence(account.error)} onRetry={() => void account.refetch()} />
  }
  const { positions } = account.data
  if (positions.length === 0) {
    return (
      <Empty title={t`No open positions`}>
        {t`Choose a side and a size in the order form. The position is then shown here.`}
      </Empty>
    )
  }
  const shown = positions.filter((position) => isShown(position, filter))
  const actions: PositionActions = {
    isClosing,
    onAsk: (matter, { orderId }) => setAsked({ matter, id: orderId }),
    onClose(position) {
      // Closing at a price in doubt always needs a confirmation.
      const isAsked = settings.get().confirmClose || doubtOf(position.asset)
      if (isAsked) setAsked({ matter: 'close', id: position.orderId })
      else close(position)
    },
  }
  const List = isWide ? OpenTable : OpenCards
  return (
    <>
      <FilterBar list="open">
        <Button size="sm" onClick={() => setAsked({ matter: 'all' })}>
          {t`Close all`}
        </Button>
      </FilterBar>
      {shown.length === 0 ? (
        <Nothing list="open" empty={{ title: t`No open positions`, children: null }} />
      ) : (
        <List positions={shown} actions={actions} onAsset={onAsset} />
      )}
      <Dialogs
        positions={positions}
        asked={asked}
        onClose={() => setAsked(null)}
        onConfirm={close}
      />
    </>
  )
}

function isShown({ asset, orderType }: Position, filter: ListFilter): boolean {
  return (
    (filter.asset === '' || filter.asset === asset) &&
    (filter.side === '' || filter.side === orderType)
  )
}

type DialogsProps = {
  positions: readonly Position[]
  asked: Asked | null
  onClose: () => void
  onConfirm: (position: Position) => void
}

function Dialogs({ positions, asked, onClose, onConfirm }: DialogsProps) {
  const about = (matter: Matter) =>
    asked?.matter === matter
      ? (positions.find(({ orderId }) => orderId === asked.id) ?? null)
      : null
  return (
    <>
      <Once isAsked={asked?.matter === 'close'}>
        <CloseDialog position={about('close')} onClose={onClose} onConfirm={onConfirm} />
      </Once>
      <Once isAsked={asked?.matter === 'exits'}>
        <ExitsDialog position={about('exits')} onClose={onClose} />
      </Once>
      <Once isAsked={asked?.matter === 'reverse'}>
        <ReverseDialog position={about('reverse')} onClose={onClose} />
      </Once>
      <Once isAsked={asked?.matter === 'margin'}>
        <MarginDialog position={about('margin')} onClose={onClose} />
      </Once>
      <Once isAsked={asked?.matter === 'all'}>
        <CloseAllDialog open={asked?.matter === 'all'} positions={positions} onClose={onClose} />
      </Once>
    </>
  )
}
