import { t } from '@lingui/core/macro'
import { Pencil, Trash2 } from 'lucide-react'
import {
  changeWork,
  deleted,
  type Drawing,
  drawingsOf,
  removeDrawings,
  toolName,
  undoRemoval,
} from '@/features/chart/drawings'
import { fromPixel } from '@/decimal'
import * as format from '@/format'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type DrawingListProps = { asset: Asset; onClose: () => void }

/** All drawings of a market, for those that are out of sight and for the keyboard. */
export function DrawingList({ asset, onClose }: DrawingListProps) {
  const drawings = useStore(drawingsOf(asset))
  const isRestorable = useStore(deleted)?.asset === asset
  return (
    <Dialog open onClose={onClose} title={t`Drawings`}>
      {drawings.length === 0 && (
        <p className="text-soft">
          {t`There are no drawings in this market. They are kept in this browser, for each market.`}
        </p>
      )}
      <ul aria-label={t`Drawings`} className="flex flex-col">
        {drawings.map((drawing) => (
          <Row key={drawing.id} asset={asset} drawing={drawing} onClose={onClose} />
        ))}
      </ul>
      <div className="flex justify-between gap-2 pt-3">
        <Button look="ghost" disabled={!isRestorable} onClick={undoRemoval}>
          {t`Restore what was deleted last`}
        </Button>
        {drawings.length > 0 && (
          <Button look="ghost" onClick={() => removeDrawings(asset, null)}>
            {t`Delete all`}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

function Row({ asset, drawing, onClose }: DrawingListProps & { drawing: Drawing }) {
  const { id, tool, text } = drawing
  const name = tool === 'text' && text.trim() !== '' ? text : toolName(tool)
  return (
    <li className="flex items-center gap-1 border-b border-line last:border-0">
      <span className="min-w-0 flex-1 truncate">{name}</span>
      <span className="text-xs text-faint tabular-nums">{priceText(asset, drawing)}</span>
      <IconButton
        label={t`Edit ${name}`}
        onClick={() => {
          onClose()
          changeWork({ selected: id, edited: id })
        }}
      >
        <Pencil size={14} />
      </IconButton>
      <IconButton label={t`Delete ${name}`} onClick={() => removeDrawings(asset, id)}>
        <Trash2 size={14} />
      </IconButton>
    </li>
  )
}

const priceText = (asset: Asset, { points }: Drawing) =>
  points.map(({ price }) => format.price(asset, fromPixel(price))).join(' → ')
