import { t } from '@lingui/core/macro'
import { useStore } from '@/store'
import { messageLog } from '@/ui/toast'
import { TOAST_ICONS } from '@/ui/toasts'

const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** The latest messages since the page was opened, the newest first. */
export function MessageLog() {
  const messages = useStore(messageLog)
  if (messages.length === 0) {
    return (
      <p className="p-4 text-xs text-soft">{t`There were no messages since the page was opened.`}</p>
    )
  }
  return (
    <ul
      aria-label={t`Messages`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      className="flex max-h-96 w-96 max-w-[calc(100vw-2rem)] flex-col overflow-y-auto"
    >
      {messages.map(({ id, kind, title, detail, at }) => (
        <li key={id} className="flex gap-2 border-b border-line p-2.5 text-xs last:border-0">
          <span aria-hidden>{TOAST_ICONS[kind]}</span>
          <div className="min-w-0 flex-1">
            <p className="font-medium">{title}</p>
            {detail && <p className="break-words text-soft">{detail}</p>}
          </div>
          <time dateTime={new Date(at).toISOString()} className="text-2xs text-faint">
            {TIME.format(at)}
          </time>
        </li>
      ))}
    </ul>
  )
}
