import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import type { OrderKind, PlaceRequest } from '@/api/schema'
import { exact } from '@/decimal'
import type { Draft, Evaluation } from '@/features/ticket/evaluate'
import type { PlannedLevel } from '@/features/ticket/levels'
import { FixedWords } from '@/features/ticket/exit-words'
import { OrderWarnings } from '@/features/ticket/order-warnings'
import type { ExitPreview } from '@/features/ticket/previews'
import type { Sending } from '@/features/ticket/use-submit'
import * as format from '@/format'
import type { AssetInfo } from '@/markets'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { KIND_NAMES } from '@/trading/orders'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

/** An order as the form has it at the price of now. */
export type Statement = {
  /** What would be sent; null while it can't be. */
  sending: Sending | null
  draft: Draft
  evaluation: Evaluation
  isReducing: boolean
  /** The worst price of a market order. */
  limit: bigint | null
}

type ConfirmOrderDialogProps = {
  /** What the order was when the dialog was opened. */
  asked: OrderKind
  stated: Statement
  info: AssetInfo
  /** Why the market takes no such order. */
  blocked: string | null
  /** What is wrong with the price, and asks for another press. */
  doubt: ReactNode
  isPending: boolean
  onSend: (confirmed: Sending) => void
  onClose: () => void
}

const REFUSAL_ID = 'order-refusal'

/**
 * States an order before it is sent, at the price of now: what is shown when it is confirmed is what
 * is sent. Enter sends it, Escape does not.
 */
export function ConfirmOrderDialog(props: ConfirmOrderDialogProps) {
  const { asked, stated: live, info, blocked, doubt, isPending, onSend, onClose } = props
  const { confirmOrders } = useStore(settings)
  const [confirmed, setConfirmed] = useState<Statement | null>(null)
  // The price goes on while the order is on its way.
  const stated = isPending && confirmed ? confirmed : live
  const refusal = isPending ? null : (blocked ?? refusalOf(live, asked))
  const isLong = stated.draft.orderType === 'LONG'
  return (
    <Dialog open onClose={onClose} title={t`Confirm order`}>
      <div className="flex flex-col gap-4">
        <Headline stated={stated} info={info} />
        <Facts stated={stated} info={info} />
        <FixedWords draft={stated.draft} preview={stated.evaluation.preview} />
        <OrderWarnings warnings={stated.evaluation.warnings} isQuiet />
        {refusal !== null && (
          <div className="text-xs text-down">
            <p role="alert" className="font-semibold">
              {t`The order can’t be sent now.`}
            </p>
            {/* Not announced: it may state the price, which changes. */}
            <p id={REFUSAL_ID}>{refusal}</p>
          </div>
        )}
        {doubt}
        <label className="flex min-h-6 items-center gap-2 text-xs text-soft max-lg:min-h-11">
          <input
            type="checkbox"
            className="size-4 accent-(--v-accent)"
            checked={!confirmOrders}
            onChange={({ target }) => change({ confirmOrders: !target.checked })}
          />
          {t`Don’t ask again; the profile menu turns this on`}
        </label>
        <div className="flex justify-end gap-2">
          <Button className="max-lg:h-11" onClick={onClose}>
            {t`Cancel`}
          </Button>
          <Button
            data-first
            className="max-lg:h-11 aria-disabled:opacity-50"
            look={isLong ? 'long' : 'short'}
            pending={isPending}
            // It keeps the focus, since the price may come back.
            aria-disabled={refusal !== null}
            aria-describedby={refusal === null ? undefined : REFUSAL_ID}
            onClick={() => {
              if (refusal !== null || !live.sending) return
              setConfirmed(live)
              onSend(live.sending)
            }}
          >
            {t`Send order`}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

/** Says why an order can't be sent as it was asked for; null if it can. */
function refusalOf({ sending, evaluation }: Statement, asked: OrderKind): string | null {
  const { type, problems } = evaluation
  const [problem] = Object.values(problems)
  if (problem) return problem
  if (type !== asked) {
    const kind = KIND_NAMES[type]
    return t`The price has passed the trigger, which makes it another order: ${kind}. Cancel to check it.`
  }
  return sending ? null : t`There is no price.`
}

type Stated = { stated: Statement; info: AssetInfo }

function Headline({ stated, info }: Stated) {
  const { draft, evaluation } = stated
  const isLong = draft.orderType === 'LONG'
  const qty = evaluation.qty === null ? '' : format.qty(info.asset, evaluation.qty)
  const size = `${qty} ${info.base}`
  const kind = kindPhrase(evaluation.type)
  return (
    <p className="text-sm font-semibold">
      {isLong ? (
        <Trans>
          <span className="text-up">Buy</span> {size}, {kind}
        </Trans>
      ) : (
        <Trans>
          <span className="text-down">Sell</span> {size}, {kind}
        </Trans>
      )}
    </p>
  )
}

/** The name of a kind at the end of a phrase: `market`. */
function kindPhrase(kind: OrderKind): string {
  switch (kind) {
    case 'MARKET':
      return t({ message: 'market', context: 'order kind' })
    case 'LIMIT':
      return t({ message: 'limit', context: 'order kind' })
    case 'STOP_MARKET':
      return t({ message: 'stop', context: 'order kind' })
    case 'STOP':
      return t`stop limit`
    case 'TAKE_PROFIT_MARKET':
      return t`take-profit`
    case 'TAKE_PROFIT':
      return t`take-profit limit`
    case 'TRAILING_STOP_MARKET':
      return t`trailing stop`
  }
}

function Facts({ stated, info }: Stated) {
  const { sending, evaluation, isReducing, limit, draft } = stated
  const { preview, entry, leverage, words } = evaluation
  const order = sending?.order
  const price = (value: bigint) => format.price(info.asset, value)
  const usd = (value: bigint) => `${format.usd(value, 'ceiling')} USD`
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-xs" aria-label={t`Order`}>
      {entry !== null && <Fact name={t`Price`}>{priceWords(stated, price(entry))}</Fact>}
      {limit !== null && <Fact name={t`Worst price`}>{price(limit)}</Fact>}
      {order?.triggerPrice && <Fact name={t`Trigger`}>{price(exact(order.triggerPrice))}</Fact>}
      {order?.timeInForce && <Fact name={t`Time in force`}>{timeWords(order)}</Fact>}
      {isReducing && <Fact name={t`Reduce only`}>{t`Yes`}</Fact>}
      {preview && (
        <>
          <Fact name={t`Notional`}>{usd(preview.notional)}</Fact>
          <Fact name={t`Leverage`}>{`${leverage ?? ''}×`}</Fact>
          <Fact name={t`Margin`}>{usd(preview.margin)}</Fact>
          <Fact name={t`Fee to open`}>{usd(preview.fee)}</Fact>
          <Exit name={t`Take-profit`} exit={preview.takeProfit} info={info} />
          <Exit name={t`Stop-loss`} exit={preview.stopLoss} info={info} />
          <Fact name={t`Liquidation price`}>
            <span className="text-warn">{price(preview.liquidation)}</span>
          </Fact>
        </>
      )}
      {words && draft.kind !== 'MARKET' && <Fact name={t`When`}>{words}</Fact>}
    </dl>
  )
}

function priceWords({ draft, evaluation }: Statement, price: string): string {
  if (draft.kind === 'MARKET') return t`Market, about ${price}`
  if (draft.kind === 'STOP_MARKET') return t`Market once triggered, about ${price}`
  return evaluation.preview?.isImmediate ? t`At once, about ${price}` : price
}

function timeWords(order: PlaceRequest): string {
  if (order.timeInForce !== 'GTD' || order.expiresAt == null) return order.timeInForce ?? ''
  const { timeZone } = settings.get()
  const time = format.dateTime(order.expiresAt, timeZone)
  const zone = format.zoneName(timeZone, order.expiresAt)
  return t`Until ${time} (${zone})`
}

type ExitProps = { name: string; exit: ExitPreview | null; info: AssetInfo }

function Exit({ name, exit, info }: ExitProps) {
  if (!exit) return <Fact name={name}>{t`None`}</Fact>
  const { asset, base } = info
  const net = format.signedUsd(exit.net)
  const words = (level: PlannedLevel) => {
    const [price, size] = [format.price(asset, level.price), format.qty(asset, level.qty)]
    return exit.levels.length === 1 ? price : t`${price} for ${size} ${base}`
  }
  return (
    <Fact name={name}>
      {exit.levels.map((level) => (
        <span key={level.index} className="block">
          {words(level)}
        </span>
      ))}
      <span className="block text-faint">{t`Result ${net} USD`}</span>
    </Fact>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="text-right">{children}</dd>
    </>
  )
}
