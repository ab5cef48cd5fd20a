import { X } from 'lucide-react'
import { isRemovable, type Line } from '@/features/chart/line-items'
import { assetOfLine, lineWords, removalName } from '@/features/chart/line-words'
import * as format from '@/format'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type LinesDialogProps = {
  /** The lines of a label, the nearest to the price first; null while it is closed. */
  lines: readonly Line[] | null
  onClose: () => void
  /** Shows a line with a label of its own, which can be moved. */
  onShow: (line: Line) => void
  onRemove: (line: Line) => void
}

/** The lines that share a label. */
export function LinesDialog({ lines, onClose, onShow, onRemove }: LinesDialogProps) {
  return (
    <Dialog open={lines !== null && lines.length > 0} onClose={onClose} title="Lines at this place">
      <ul aria-label="Lines" className="flex flex-col divide-y divide-line">
        {lines
          ?.toSorted((a, b) => (a.price < b.price ? 1 : a.price > b.price ? -1 : 0))
          .map((line) => (
            <li key={line.id} className="flex items-center gap-2 py-1">
              <span className="flex-1 truncate">{lineWords(line)}</span>
              <span className="text-soft tabular-nums">
                {format.price(assetOfLine(line), line.price)}
              </span>
              <Button
                size="sm"
                aria-label={`Show ${lineWords(line)} at ${format.price(assetOfLine(line), line.price)}`}
                onClick={() => onShow(line)}
              >
                Show
              </Button>
              {isRemovable(line) ? (
                <IconButton label={removalName(line)} onClick={() => onRemove(line)}>
                  <X size={15} />
                </IconButton>
              ) : (
                <span className="w-8" />
              )}
            </li>
          ))}
      </ul>
    </Dialog>
  )
}
