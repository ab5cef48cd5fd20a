import { t } from '@lingui/core/macro'
import { ArrowDown, ArrowUp, Trash2 } from 'lucide-react'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { useStore } from '@/store'
import { alerts, type PriceAlert, removeAlert, removeAlerts } from '@/trading/alerts'
import { Button, IconButton } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

/** The price alerts of all markets. */
export function AlertsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const all = useStore(alerts)
  return (
    <Dialog open={open} onClose={onClose} title={t`Price alerts`}>
      {all.length === 0 ? (
        <p className="text-soft">
          {t`No alerts. To set one, right-click the chart at a price, or hold your finger on it.`}
        </p>
      ) : (
        <div className="flex flex-col gap-3">
          <ul aria-label={t`Price alerts`} className="flex flex-col divide-y divide-line">
            {all.toReversed().map((alert) => (
              <Row key={alert.id} alert={alert} />
            ))}
          </ul>
          <p className="text-xs text-faint">
            {t`Alerts are kept in this browser and fire while a trading page is open.`}
          </p>
          {all.length > 1 && (
            <Button className="self-end" onClick={removeAlerts}>
              {t`Delete all`}
            </Button>
          )}
        </div>
      )}
    </Dialog>
  )
}

function Row({ alert }: { alert: PriceAlert }) {
  const { id, asset, price, isAbove } = alert
  const { base } = assetInfo(asset)
  const text = format.price(asset, price)
  return (
    <li className="flex items-center gap-3 py-1">
      <span className="w-16 truncate font-medium">{base}</span>
      <span className="flex flex-1 items-center gap-1.5 text-soft">
        {isAbove ? <ArrowUp size={14} aria-hidden /> : <ArrowDown size={14} aria-hidden />}
        {isAbove ? t`Rises to` : t`Falls to`} <span className="text-ink tabular-nums">{text}</span>
      </span>
      <IconButton
        label={t`Delete the alert for ${base} at ${text}`}
        onClick={() => removeAlert(id)}
      >
        <Trash2 size={15} />
      </IconButton>
    </li>
  )
}
