import { t } from '@lingui/core/macro'
import { Columns3, Download, ListFilter } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { fileAddress } from '@/api/records'
import { sentence } from '@/api/errors'
import { downloadServed } from '@/features/positions/csv'
import { isFiltered, type ListName } from '@/features/positions/list-filter'
import {
  tableColumns,
  useFilter,
  useFiltersShown,
  useLayout,
  useListQuery,
} from '@/features/positions/list-state'
import { useStore } from '@/store'
import { useAccount } from '@/trading/queries'
import { IconButton } from '@/ui/button'
import { Popover } from '@/ui/menu'
import { toast } from '@/ui/toast'

// Opened by few; loaded separately.
const ColumnChooser = lazy(async () => ({
  default: (await import('@/ui/column-chooser')).ColumnChooser,
}))

/** The buttons of a list: its filters, its columns where it is a table, and its file. */
export function ListTools({ list }: { list: ListName }) {
  const [isShown, toggle] = useFiltersShown(list)
  const [filter] = useFilter(list)
  const columns = useStore(tableColumns)
  return (
    <div className="flex shrink-0 items-center">
      <span className="relative">
        <IconButton
          label={isShown ? t`Hide the filters` : t`Show the filters`}
          pressed={isShown}
          onClick={toggle}
        >
          <ListFilter size={16} aria-hidden />
        </IconButton>
        {isFiltered(filter) && (
          <span className="pointer-events-none absolute top-1 right-1 size-1.5 rounded-full bg-accent">
            <span className="sr-only">{t`The list is filtered`}</span>
          </span>
        )}
      </span>
      {columns.length > 0 && <ColumnsButton list={list} />}
      <Export list={list} />
    </div>
  )
}

function ColumnsButton({ list }: { list: ListName }) {
  const columns = useStore(tableColumns)
  const [layout, setLayout] = useLayout(list)
  return (
    <Popover
      label={t`Columns of the table`}
      align="end"
      trigger={
        <IconButton label={t`Choose columns`}>
          <Columns3 size={16} aria-hidden />
        </IconButton>
      }
    >
      <Suspense>
        <ColumnChooser columns={columns} layout={layout} onLayout={setLayout} />
      </Suspense>
    </Popover>
  )
}

const FILES = {
  open: ['positions', 'velox-positions.csv'],
  orders: ['orders', 'velox-orders.csv'],
  ended: ['orders', 'velox-orders.csv'],
  fills: ['fills', 'velox-fills.csv'],
  closed: ['closed', 'velox-closed-positions.csv'],
  income: ['income', 'velox-income.csv'],
} as const

/** Downloads all that the filter names, whether it is shown yet or not. */
function Export({ list }: { list: ListName }) {
  const account = useAccount().data
  const query = useListQuery(list)
  const [isPending, setIsPending] = useState(false)
  const [of, fileName] = FILES[list]
  return (
    <IconButton
      label={t`Export this list as CSV`}
      disabled={!account || isPending}
      onClick={() => {
        setIsPending(true)
        downloadServed(fileAddress(of, query), fileName)
          .catch((error: unknown) => toast('error', t`Export failed`, sentence(error)))
          .finally(() => setIsPending(false))
      }}
    >
      <Download size={16} aria-hidden />
    </IconButton>
  )
}
