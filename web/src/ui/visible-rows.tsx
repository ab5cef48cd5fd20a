import { useVirtualizer } from '@tanstack/react-virtual'
import { Gap } from '@/ui/gap'
import { ROW_HEIGHT, type RowsProps } from '@/ui/table'

const OVERSCAN = 6

/** The rows of a table that are in view, and a few around them. */
export function VisibleRows({ count, box, rowAt }: RowsProps) {
  // oxlint-disable-next-line react/incompatible-library -- no compiler memoizes this component
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  })
  const shown = virtualizer.getVirtualItems()
  return (
    <>
      <Gap height={shown[0]?.start ?? 0} />
      {shown.map(({ index }) => rowAt(index))}
      <Gap height={virtualizer.getTotalSize() - (shown.at(-1)?.end ?? 0)} />
    </>
  )
}
