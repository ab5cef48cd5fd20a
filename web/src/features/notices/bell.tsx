import { t } from '@lingui/core/macro'
import { Bell as BellIcon } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { chosenAccount, shownAccount } from '@/api/client'
import { useStore } from '@/store'
import { notices, openNotices, unreadOf } from '@/trading/notices'
import { IconButton } from '@/ui/button'
import { Popover } from '@/ui/menu'
import { Loading } from '@/ui/states'

const NoticePanel = lazy(async () => ({
  default: (await import('@/features/notices/notice-panel')).NoticePanel,
}))

/** The highest number that is shown. */
const COUNT_MAX = 99

/** The bell of the header, with the number of unread notices. It opens the list. */
export function Bell() {
  const [isOpen, setIsOpen] = useState(false)
  const unread = unreadOf(useStore(notices))
  useNotices()
  return (
    <Popover
      label={t`Notifications`}
      align="end"
      open={isOpen}
      onOpenChange={setIsOpen}
      className="flex max-h-[min(36rem,80dvh)] w-[min(24rem,calc(100vw-1rem))] flex-col"
      trigger={
        <IconButton
          label={unread > 0 ? t`Notifications, ${unread} unread` : t`Notifications`}
          className="relative"
        >
          <BellIcon size={18} aria-hidden />
          {unread > 0 && (
            <span
              aria-hidden
              data-testid="unread"
              className="absolute -top-0.5 -right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-down-fill px-1 text-[0.625rem] leading-none font-semibold text-white"
            >
              {unread > COUNT_MAX ? `${COUNT_MAX}+` : unread}
            </span>
          )}
        </IconButton>
      }
    >
      <Suspense fallback={<Loading label={t`Loading notifications`} />}>
        <NoticePanel onClose={() => setIsOpen(false)} />
      </Suspense>
    </Popover>
  )
}

/** Keeps the notices of the account that the page shows. */
function useNotices(): void {
  const first = useStore(shownAccount)
  const chosen = useStore(chosenAccount)
  const account = chosen ?? first
  useEffect(() => {
    if (account === null) return
    const ends = [openNotices(account)]
    let isOver = false
    void import('@/features/notices/watch')
      .then(({ watch }) => {
        if (!isOver) ends.push(watch())
      })
      // Without the network there is nothing to fill in.
      .catch(() => undefined)
    return () => {
      isOver = true
      for (const end of ends) end()
    }
  }, [account])
}
