/** The preview of a close, as its dialog shows it. */

import { MarkCell, PnlCell, toneOf } from '@/features/positions/live-cells'
import { fillingOf } from '@/features/positions/close-plan'
import { limitOf } from '@/features/positions/use-close'
import { describe } from '@/features/positions/words'
import * as format from '@/format'
import { useDoubt } from '@/live/doubt'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { closingAt, hasHadCosts, type Position, pnlAt } from '@/trading/account'

type QuestionProps = {
  position: Position
  part: Position
  isLimit: boolean
  /** The limit price, if it is known. */
  price: bigint | null
}

export function Question({ position, part, isLimit, price }: QuestionProps) {
  const { asset } = position
  const { base } = assetInfo(asset)
  const what =
    part === position
      ? `your ${describe(position)}`
      : `${format.qty(asset, part.qty)} ${base} of your ${describe(position)}`
  if (isLimit && price === null) {
    return <p className="text-soft">Close {what} at a limit price: which one?</p>
  }
  if (price !== null) {
    return (
      <p className="text-soft">
        Close {what} at <span className="text-ink">{format.price(asset, price)}</span> or better,
        for a P&L of <LimitPnl part={part} price={price} /> USD? Until then the position stays open.
      </p>
    )
  }
  return (
    <p className="text-soft">
      Close {what} at the market price, now{' '}
      <MarkCell position={part} atClose className="text-ink" />, for a P&L of{' '}
      <PnlCell position={part} atClose className="font-medium" /> USD?
    </p>
  )
}

function LimitPnl({ part, price }: { part: Position; price: bigint }) {
  return (
    <LiveText
      assets={[part.asset]}
      className="font-medium"
      testId="limit-pnl"
      content={() => {
        const quote = quoteOf(part.asset)
        const pnl = quote && pnlAt(part, fillingOf(part, price, quote).quote)
        return pnl === null ? null : { text: format.signedUsd(pnl), tone: toneOf(pnl) }
      }}
    />
  )
}

/** The part that stays open; nothing after a close of the whole position. */
export function Rest({ position, part }: { position: Position; part: Position }) {
  if (part === position) return null
  const { asset, qty, margin } = position
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>Stays open</dt>
      <dd className="text-right" data-testid="closing-rest">
        {format.qty(asset, qty - part.qty)} {assetInfo(asset).base}
      </dd>
      <dt>Its margin</dt>
      <dd className="text-right">{format.usd(margin - part.margin, 'ceiling')} USD</dd>
    </dl>
  )
}

type OutcomeProps = { part: Position; isWhole: boolean; price: bigint | null }

/** The fee of the close and the result after all costs; nothing where there are none. */
export function Outcome({ part, isWhole, price }: OutcomeProps) {
  const { asset } = part
  const { makerFeePpm, takerFeePpm } = assetInfo(asset)
  if (makerFeePpm === 0 && takerFeePpm === 0 && !hasHadCosts(part)) return null
  const closing = () => {
    const quote = quoteOf(asset)
    if (!quote) return null
    const filling = fillingOf(part, price, quote)
    return closingAt(part, filling.quote, filling.feePpm)
  }
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      <dt>Fee to close</dt>
      <dd className="text-right">
        <LiveText
          assets={[asset]}
          testId="closing-fee"
          content={() => {
            const known = closing()
            return known && { text: `${format.usd(known.fee, 'ceiling')} USD` }
          }}
        />
      </dd>
      <dt>
        {isWhole ? 'Net result, after all fees and fundings of the position' : 'P&L after this fee'}
      </dt>
      <dd className="text-right font-medium">
        <LiveText
          assets={[asset]}
          testId="closing-net"
          content={() => {
            const known = closing()
            return known && { text: `${format.signedUsd(known.net)} USD`, tone: toneOf(known.net) }
          }}
        />
      </dd>
    </dl>
  )
}

/** The worst price for the close, and a warning if the current price is in doubt. */
export function Terms({ position }: { position: Position }) {
  const { asset } = position
  return (
    <>
      <p className="text-xs text-faint">
        Worst price{' '}
        <LiveText
          assets={[asset]}
          content={() => {
            const limit = limitOf(position)
            return limit === null ? null : { text: format.price(asset, limit) }
          }}
        />
        ; beyond it the position stays open.
      </p>
      <Doubt position={position} />
    </>
  )
}

/** A warning if the current price is in doubt. */
export function Doubt({ position }: { position: Position }) {
  const doubt = useDoubt(position.asset)
  if (!doubt) return null
  return (
    <p role="alert" className="text-xs text-warn">
      {doubt}
    </p>
  )
}
