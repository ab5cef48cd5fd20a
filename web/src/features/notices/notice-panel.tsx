import { i18n } from '@lingui/core'
import { t } from '@lingui/core/macro'
import {
  ArrowLeft,
  Bell,
  CheckCheck,
  CircleAlert,
  CircleCheck,
  Info,
  Settings2,
  TriangleAlert,
} from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { NoticeSettings } from '@/features/notices/notice-settings'
import { KIND_LABELS } from '@/features/notices/words'
import { isListed } from '@/markets'
import { useNavigate } from '@/navigation'
import { paths } from '@/paths'
import { useStore } from '@/store'
import { Moment } from '@/time-zone'
import {
  markRead,
  type Notice,
  NOTICE_KINDS,
  type NoticeKind,
  notices,
  type NoticeTone,
  unreadOf,
} from '@/trading/notices'
import { showTab, type WantedTab } from '@/trading/wanted-tab'
import { IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'

type Filter = NoticeKind | 'all' | 'unread'

const ICONS: Record<NoticeTone, ReactNode> = {
  success: <CircleCheck size={16} className="text-up" aria-hidden />,
  error: <CircleAlert size={16} className="text-down" aria-hidden />,
  warning: <TriangleAlert size={16} className="text-warn" aria-hidden />,
  info: <Info size={16} className="text-accent" aria-hidden />,
}

/** The list of the account in which a notice's subject is found. */
const TABS: Partial<Record<NoticeKind, WantedTab>> = {
  fill: 'fills',
  close: 'closed',
  exit: 'closed',
  liquidation: 'closed',
  order: 'orders',
  margin: 'open',
  funding: 'income',
}

/** The notices of the account, newest first, and the settings of how they are told. */
export function NoticePanel({ onClose }: { onClose: () => void }) {
  const [isSetting, setIsSetting] = useState(false)
  const [filter, setFilter] = useState<Filter>('all')
  const kept = useStore(notices)
  const navigate = useNavigate()
  const shown = kept.list.filter(
    ({ kind, isRead }) => filter === 'all' || (filter === 'unread' ? !isRead : kind === filter),
  )
  const open = (notice: Notice) => {
    markRead(notice.id)
    onClose()
    if (notice.asset !== null && isListed(notice.asset)) {
      navigate(`${paths.trade}?${new URLSearchParams({ asset: notice.asset })}`)
    }
    const tab = TABS[notice.kind]
    if (tab) showTab(tab)
  }
  if (isSetting) {
    return (
      <>
        <Head title={t`Notification settings`}>
          <IconButton label={t`Back to the notifications`} onClick={() => setIsSetting(false)}>
            <ArrowLeft size={16} aria-hidden />
          </IconButton>
        </Head>
        <NoticeSettings />
      </>
    )
  }
  return (
    <>
      <Head title={t`Notifications`}>
        <IconButton
          label={t`Mark all as read`}
          disabled={unreadOf(kept) === 0}
          onClick={() => markRead()}
        >
          <CheckCheck size={16} aria-hidden />
        </IconButton>
        <IconButton label={t`Notification settings`} onClick={() => setIsSetting(true)}>
          <Settings2 size={16} aria-hidden />
        </IconButton>
      </Head>
      <div className="border-b border-line px-3 py-2">
        <FilterSelect value={filter} onChange={setFilter} />
      </div>
      {shown.length === 0 ? (
        <div className="flex flex-col items-center gap-2 px-4 py-10 text-center text-soft">
          <Bell size={20} className="text-faint" aria-hidden />
          {filter === 'all' ? t`Nothing has happened yet.` : t`There are none of this kind.`}
        </div>
      ) : (
        <ul
          aria-label={t`Notifications`}
          className="min-h-0 flex-1 divide-y divide-line overflow-y-auto"
        >
          {shown.map((notice) => (
            <Row key={notice.id} notice={notice} onOpen={() => open(notice)} />
          ))}
        </ul>
      )}
    </>
  )
}

function Head({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1 border-b border-line px-3 py-1.5">
      <h2 className="mr-auto font-semibold">{title}</h2>
      {children}
    </div>
  )
}

function FilterSelect({ value, onChange }: { value: Filter; onChange: (value: Filter) => void }) {
  const values: Filter[] = ['all', 'unread', ...NOTICE_KINDS]
  return (
    <select
      aria-label={t`Show`}
      value={value}
      onChange={(event) => {
        const next = values.find((each) => each === event.target.value)
        if (next) onChange(next)
      }}
      className="h-7 w-full rounded-md border border-line bg-ground px-2 text-xs text-ink hover:border-edge"
    >
      {values.map((each) => (
        <option key={each} value={each}>
          {filterName(each)}
        </option>
      ))}
    </select>
  )
}

function filterName(filter: Filter): string {
  if (filter === 'all') return t({ message: 'All', context: 'notices' })
  return filter === 'unread' ? t`Unread` : i18n._(KIND_LABELS[filter])
}

function Row({ notice, onOpen }: { notice: Notice; onOpen: () => void }) {
  const { tone, title, detail, time, isRead } = notice
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        className={cx(
          'flex w-full items-start gap-3 px-3 py-2.5 text-left hover:bg-hover',
          !isRead && 'bg-raised',
        )}
      >
        <span className="mt-0.5 shrink-0">{ICONS[tone]}</span>
        <span className="min-w-0 flex-1">
          <span className={cx('block', isRead ? 'text-soft' : 'font-medium')}>
            {title}
            {!isRead && <span className="sr-only"> {t`(unread)`}</span>}
          </span>
          {detail && <span className="block text-xs break-words text-soft">{detail}</span>}
          <span className="mt-0.5 block text-2xs text-faint">
            <Moment at={time} />
          </span>
        </span>
        {!isRead && <span aria-hidden className="mt-1.5 size-2 shrink-0 rounded-full bg-accent" />}
      </button>
    </li>
  )
}
