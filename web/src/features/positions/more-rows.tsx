import { t } from '@lingui/core/macro'
import { sentence } from '@/api/errors'
import { Button } from '@/ui/button'

/** A list that is loaded page by page. */
export type PagedList = {
  hasNextPage: boolean
  isFetchNextPageError: boolean
  isFetchingNextPage: boolean
  error: unknown
  fetchNextPage: () => Promise<unknown>
}

/** The button that loads the next page of the list. */
export function MoreRows({ list }: { list: PagedList }) {
  if (!list.hasNextPage) return null
  return (
    <div className="flex flex-col items-center gap-2 p-3">
      {list.isFetchNextPageError && <p className="text-xs text-down">{sentence(list.error)}</p>}
      <Button size="sm" pending={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t`Show older`}
      </Button>
    </div>
  )
}
