import { t } from '@lingui/core/macro'
import { currentAccount } from '@/api/client'
import { forget, levelOrders, sendAgain } from '@/features/ticket/level-orders'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { Button } from '@/ui/button'

/** The levels of earlier orders that are not placed: those that wait, and those that were refused. */
export function LevelsNotice({ asset }: { asset: Asset }) {
  const own = useStore(levelOrders).filter(
    ({ request, account }) => request.asset === asset && account === currentAccount(),
  )
  if (own.length === 0) return null
  const refused = own.filter(({ reason }) => reason !== null)
  return (
    <section
      aria-label={t`Levels that are not placed`}
      className="flex flex-col gap-2 rounded-md border border-edge bg-raised p-2.5 text-xs"
    >
      <ul className="flex flex-col gap-1">
        {own.map(({ key, words, reason }) => (
          <li key={key}>
            <span className="text-ink">{words}</span>{' '}
            {reason === null ? (
              <span className="text-faint">{t`waits for its order to fill`}</span>
            ) : (
              <span className="text-down">{reason}</span>
            )}
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        {refused.length > 0 && (
          <Button size="sm" onClick={() => sendAgain(refused)}>
            {t`Place again`}
          </Button>
        )}
        <Button size="sm" look="ghost" onClick={() => forget(own)}>
          {t`Discard`}
        </Button>
      </div>
    </section>
  )
}
