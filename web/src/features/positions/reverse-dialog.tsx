import { t } from '@lingui/core/macro'
import { Select, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import * as costs from '@/costs'
import { MarkCell, PnlCell } from '@/features/positions/live-cells'
import { Terms } from '@/features/positions/close-preview'
import { printedLimit } from '@/features/positions/use-close'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { assetInfo } from '@/markets'
import { RequestProblem } from '@/request-problem'
import { closePrice, margin as marginOf, type Quote, type Side } from '@/rules'
import { closingAt, type Position } from '@/trading/account'
import { useReversePosition } from '@/trading/position-mutations'
import { settingsQuery, useAccount } from '@/trading/queries'
import { useOnce } from '@/trading/use-once'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'

type ReverseDialogProps = { position: Position | null; onClose: () => void }

/** Says what a reversal does, and asks for it. */
export function ReverseDialog({ position, onClose }: ReverseDialogProps) {
  const reverse = useReversePosition()
  const reverseOnce = useOnce(reverse.mutateAsync)
  const base = position && assetInfo(position.asset).base
  const leave = () => {
    reverse.reset()
    onClose()
  }
  async function send(known: Position) {
    const { orderId } = known
    const answer = await reverseOnce(orderId, { orderId, priceLimit: printedLimit(known) })
    // The events of the close and of the new position announce it.
    if (answer) leave()
  }
  return (
    <Dialog
      open={position !== null}
      onClose={leave}
      title={base === null ? '' : t`Reverse ${base} position`}
    >
      {position && (
        <Question
          position={position}
          error={reverse.error}
          isPending={reverse.isPending}
          onSend={() => void send(position)}
          onClose={leave}
        />
      )}
    </Dialog>
  )
}

type QuestionProps = {
  position: Position
  error: Error | null
  isPending: boolean
  onSend: () => void
  onClose: () => void
}

function Question({ position, error, isPending, onSend, onClose }: QuestionProps) {
  const { asset, orderType, qty, leverage } = position
  const opposed = opposite(orderType)
  const joined = useJoined({ ...position, orderType: opposed })
  const size = sizeWords(asset, qty)
  const joinedSize = joined && sizeWords(asset, joined.qty)
  const price = <MarkCell position={position} atClose className="text-ink" />
  const pnl = <PnlCell position={position} atClose className="font-medium" />
  const hasExits = position.stopLoss !== null || position.takeProfit !== null
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (!isPending) onSend()
      }}
    >
      <p className="text-soft">
        {joinedSize === null ? (
          <Trans>
            Close your <Select value={orderType} _LONG="long" other="short" /> {size} at the market
            price, now {price}, for a P&L of {pnl} USD, and open a{' '}
            <Select value={opposed} _LONG="long" other="short" /> {size} at {leverage}× at the same
            price?
          </Trans>
        ) : (
          <Trans>
            Close your <Select value={orderType} _LONG="long" other="short" /> {size} at the market
            price, now {price}, for a P&L of {pnl} USD, and add the same quantity at the same price
            to your <Select value={opposed} _LONG="long" other="short" /> {joinedSize}?
          </Trans>
        )}
      </p>
      <Figures position={position} side={opposed} isJoined={joined !== null} />
      <p className="text-xs text-faint">
        {hasExits
          ? t`Take-profit and stop-loss are not carried over. Orders that reduce this position expire with it.`
          : t`Orders that reduce this position expire with it.`}
      </p>
      <Terms position={position} />
      <RequestProblem error={error} fields={[]} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t`Keep open`}</Button>
        <Button type="submit" look="danger" pending={isPending} data-first>
          {t`Reverse position`}
        </Button>
      </div>
    </form>
  )
}

function opposite(side: Side): Side {
  return side === 'LONG' ? 'SHORT' : 'LONG'
}

/** Returns the position that a reversal adds to: in the mode `hedge`, there is one of each side. */
function useJoined({ asset, orderType }: Position): Position | null {
  const mode = useQuery(settingsQuery).data?.mode
  const positions = useAccount().data?.positions ?? []
  if (mode !== 'hedge') return null
  const isJoined = (other: Position) => other.asset === asset && other.orderType === orderType
  return positions.find(isJoined) ?? null
}

type FiguresProps = { position: Position; side: Side; isJoined: boolean }

/** The costs of the reversal, and the margin and the liquidation price of the new position. */
function Figures({ position, side, isJoined }: FiguresProps) {
  const { asset, qty, leverage } = position
  const info = assetInfo(asset)
  const figure = (name: string, testId: string, textOf: (quote: Quote) => string | null) => (
    <>
      <dt>{name}</dt>
      <dd className="text-right">
        <LiveText
          assets={[asset]}
          testId={testId}
          content={() => {
            const quote = quoteOf(asset)
            const text = quote && textOf(quote)
            return text === null ? null : { text }
          }}
        />
      </dd>
    </>
  )
  const entryAt = (quote: Quote) => closePrice(position.orderType, quote)
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs text-soft">
      {info.takerFeePpm > 0 &&
        figure(t`Fees to close and to open`, 'reverse-fees', (quote) => {
          const opening = costs.fee(qty, entryAt(quote), info.takerFeePpm)
          const { fee } = closingAt(position, quote, info.takerFeePpm)
          return `${format.usd(fee + opening, 'ceiling')} USD`
        })}
      {figure(t`Margin that it takes`, 'reverse-margin', (quote) => {
        return `${format.usd(marginOf(qty, entryAt(quote), leverage), 'ceiling')} USD`
      })}
      {!isJoined &&
        figure(t`Liquidation price`, 'reverse-liquidation', (quote) => {
          const at = costs.liquidationAtOpening(info, side, entryAt(quote), leverage, qty)
          return at === null ? null : format.price(asset, at)
        })}
    </dl>
  )
}
