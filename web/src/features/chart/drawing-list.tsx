import { Pencil, Trash2 } from 'lucide-react'
import {
  changeWork,
  deleted,
  type Drawing,
  drawingsOf,
  removeDrawings,
  TOOL_NAMES,
  undoRemoval,
} from '@/features/chart/drawings'
import { fixed, fromPixel } from '@/decimal'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type DrawingListProps = { asset: Asset; onClose: () => void }

/** All drawings of a market, for those that are out of sight and for the keyboard. */
export function DrawingList({ asset, onClose }: DrawingListProps) {
  const drawings = useStore(drawingsOf(asset))
  const isRestorable = useStore(deleted)?.asset === asset
  return (
    <Dialog open onClose={onClose} title="Drawings">
      {drawings.length === 0 && (
        <p className="text-soft">
          There are no drawings in this market. They are kept in this browser, for each market.
        </p>
      )}
      <ul aria-label="Drawings" className="flex flex-col">
        {drawings.map((drawing) => (
          <li
            key={drawing.id}
            className="flex items-center gap-1 border-b border-line last:border-0"
          >
            <span className="min-w-0 flex-1 truncate">{nameOf(drawing)}</span>
            <span className="text-xs text-faint tabular-nums">{priceText(asset, drawing)}</span>
            <IconButton
              label={`Edit ${nameOf(drawing)}`}
              onClick={() => {
                onClose()
                changeWork({ selected: drawing.id, edited: drawing.id })
              }}
            >
              <Pencil size={14} />
            </IconButton>
            <IconButton
              label={`Delete ${nameOf(drawing)}`}
              onClick={() => removeDrawings(asset, drawing.id)}
            >
              <Trash2 size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      <div className="flex justify-between gap-2 pt-3">
        <Button look="ghost" disabled={!isRestorable} onClick={undoRemoval}>
          Restore what was deleted last
        </Button>
        {drawings.length > 0 && (
          <Button look="ghost" onClick={() => removeDrawings(asset, null)}>
            Delete all
          </Button>
        )}
      </div>
    </Dialog>
  )
}

const nameOf = ({ tool, text }: Drawing) =>
  tool === 'text' && text.trim() !== '' ? text : TOOL_NAMES[tool]

const priceText = (asset: Asset, { points }: Drawing) =>
  points
    .map(({ price }) => fixed(fromPixel(price), assetInfo(asset).priceDecimals, 'nearest'))
    .join(' → ')
