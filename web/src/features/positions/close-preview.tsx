/** The preview of a close, as its dialog shows it. */

import { t } from '@lingui/core/macro'
import { Select, Trans } from '@lingui/react/macro'
import { MarkCell, PnlCell, toneOf } from '@/features/positions/live-cells'
import { fillingOf } from '@/features/positions/close-plan'
import { limitOf } from '@/features/positions/use-close'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { useDoubt } from '@/live/doubt'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import type { Side } from '@/rules'
import { closingAt, hasHadCosts, type Position, pnlAt } from '@/trading/account'

type QuestionProps = {
  position: Position
  part: Position
  isLimit: boolean
  /** The limit price, if it is known. */
  price: bigint | null
}

export function Question({ position, part, isLimit, price }: QuestionProps) {
  const names = namesOf(position, part)
  if (price !== null) return <LimitQuestion part={part} price={price} {...names} />
  if (isLimit) return <PriceQuestion {...names} />
  return <MarketQuestion part={part} {...names} />
}

/** The sizes and the side that a question names; `closed` is null for a whole position. */
type Names = { side: Side; size: string; closed: string | null }

function namesOf(position: Position, part: Position): Names {
  const { asset, orderType: side, qty } = position
  const closed = part === position ? null : sizeWords(asset, part.qty)
  return { side, size: sizeWords(asset, qty), closed }
}

function PriceQuestion({ side, size, closed }: Names) {
  return (
    <p className="text-soft">
      {closed === null ? (
        <Trans>
          Close your <Select value={side} _LONG="long" other="short" /> {size} at a limit price:
          which one?
        </Trans>
      ) : (
        <Trans>
          Close {closed} of your <Select value={side} _LONG="long" other="short" /> {size} at a
          limit price: which one?
        </Trans>
      )}
    </p>
  )
}

function LimitQuestion({
  part,
  price,
  side,
  size,
  closed,
}: Names & { part: Position; price: bigint }) {
  const limit = <span className="text-ink">{format.price(part.asset, price)}</span>
  const pnl = <LimitPnl part={part} price={price} />
  return (
    <p className="text-soft">
      {closed === null ? (
        <Trans>
          Close your <Select value={side} _LONG="long" other="short" /> {size} at {limit} or better,
          for a P&L of {pnl} USD? Until then the position stays open.
        </Trans>
      ) : (
        <Trans>
          Close {closed} of your <Select value={side} _LONG="long" other="short" /> {size} at{' '}
          {limit} or better, for a P&L of {pnl} USD? Until then the position stays open.
        </Trans>
      )}
    </p>
  )
}

function MarketQuestion({ part, side, size, closed }: Names & { part: Position }) {
  const price = <MarkCell position={part} atClose className="text-ink" />
  const pnl = <PnlCell position={part} atClose className="font-medium" />
  return (
    <p className="text-soft">
      {closed === null ? (
        <Trans>
          Close your <Select value={side} _LONG="long" other="short" /> {size} at the market price,
          now {price}, for a P&L of {pnl} USD?
        </Trans>
      ) : (
        <Trans>
          Close {closed} of your <Select value={side} _LONG="long" other="short" /> {size} at the
          market price, now {price}, for a P&L of {pnl} USD?
        </Trans>
      )}
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
      <dt>{t`Stays open`}</dt>
      <dd className="text-right" data-testid="closing-rest">
        {sizeWords(asset, qty - part.qty)}
      </dd>
      <dt>{t`Its margin`}</dt>
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
      <dt>{t`Fee to close`}</dt>
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
        {isWhole
          ? t`Net result, after all fees and fundings of the position`
          : t`P&L after this fee`}
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
  const limit = (
    <LiveText
      assets={[asset]}
      content={() => {
        const worst = limitOf(position)
        return worst === null ? null : { text: format.price(asset, worst) }
      }}
    />
  )
  return (
    <>
      <p className="text-xs text-faint">
        <Trans>Worst price {limit}; beyond it the position stays open.</Trans>
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
