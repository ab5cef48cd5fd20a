import { t } from '@lingui/core/macro'
import { connection, type Connection } from '@/live/connection'
import { useStore } from '@/store'
import { cx } from '@/ui/class-names'
import { Tooltip } from '@/ui/tooltip'

type Tone = 'up' | 'down' | 'warn'
type State = { label: string; about: string; tone: Tone }

const DOTS: Record<Tone, string> = { up: 'bg-up', down: 'bg-down', warn: 'bg-warn' }

/** The connection state and the source of prices; simulated prices must not pass for real. */
export function ConnectionBadge() {
  const { label, about, tone } = describe(useStore(connection))
  return (
    <Tooltip content={about}>
      <button
        type="button"
        data-testid="connection"
        className={cx(
          'inline-flex h-7 cursor-help items-center gap-1.5 rounded-md border border-line px-2 text-xs whitespace-nowrap',
          tone === 'warn' && 'bg-warn-tint text-warn',
          tone === 'down' && 'bg-down-tint text-down',
          tone === 'up' && 'text-soft',
        )}
      >
        <span aria-hidden className={cx('size-1.5 rounded-full', DOTS[tone])} />
        <span role="status">{label}</span>
      </button>
    </Tooltip>
  )
}

export function describe({ socket, feed, message }: Connection): State {
  if (socket !== 'open') {
    const about = t`Not connected. Prices are stale until the connection is back.`
    return { label: socket === 'connecting' ? t`Connecting` : t`Reconnecting`, about, tone: 'down' }
  }
  switch (feed) {
    case 'binance':
      return { label: t`Live`, about: t`Live trades from Binance.`, tone: 'up' }
    case 'sim':
      return {
        label: t`Simulated prices`,
        about: t`These prices are simulated. They are not market prices.`,
        tone: 'warn',
      }
    case 'replay':
      return {
        label: t`Replayed prices`,
        about: t`These prices are replayed from a recording.`,
        tone: 'warn',
      }
    case 'stale':
      return {
        label: t`Prices stopped`,
        about: message || t`No prices are arriving.`,
        tone: 'down',
      }
    default:
      return { label: feed ?? t`Connecting`, about: message, tone: 'warn' }
  }
}
