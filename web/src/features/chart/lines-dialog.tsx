import { t } from '@lingui/core/macro'
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
    <Dialog
      open={lines !== null && lines.length > 0}
      onClose={onClose}
      title={t`Lines at this place`}
    >
      <ul aria-label={t`Lines`} className="flex flex-col divide-y divide-line">
        {lines
          ?.toSorted((a, b) => (a.price < b.price ? 1 : a.price > b.price ? -1 : 0))
          .map((line) => (
            <Row key={line.id} line={line} onShow={onShow} onRemove={onRemove} />
          ))}
      </ul>
    </Dialog>
  )
}

type RowProps = Pick<LinesDialogProps, 'onShow' | 'onRemove'> & { line: Line }

function Row({ line, onShow, onRemove }: RowProps) {
  const words = lineWords(line)
  const price = format.price(assetOfLine(line), line.price)
  return (
    <li className="flex items-center gap-2 py-1">
      <span className="flex-1 truncate">{words}</span>
      <span className="text-soft tabular-nums">{price}</span>
      <Button size="sm" aria-label={t`Show ${words} at ${price}`} onClick={() => onShow(line)}>
        {t`Show`}
      </Button>
      {isRemovable(line) ? (
        <IconButton label={removalName(line)} onClick={() => onRemove(line)}>
          <X size={15} />
        </IconButton>
      ) : (
        <span className="w-8" />
      )}
    </li>
  )
}
