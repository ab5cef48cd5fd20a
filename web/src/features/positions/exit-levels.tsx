/** The levels of a position: all of them, with what they close together, and a form for another. */

import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { fieldProblem, sentence } from '@/api/errors'
import { toneOf } from '@/features/positions/live-cells'
import { sizeWords } from '@/features/positions/words'
import * as format from '@/format'
import { triggeringQuote } from '@/live/marks'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { assetInfo } from '@/markets'
import { mulDiv, print, SCALE } from '@/decimal'
import { RequestProblem } from '@/request-problem'
import { pnl } from '@/rules'
import type { Position } from '@/trading/account'
import { exitProblem, type ExitName } from '@/trading/exits'
import { type Level, levelOrder, levelsOf, shareCovered } from '@/trading/levels'
import { shareOf } from '@/trading/parts'
import {
  settingsQuery,
  useAccount,
  useCancelOrder,
  useModifyPosition,
  usePlaceOrder,
} from '@/trading/queries'
import { readAbove } from '@/trading/read-amount'
import { tellCanceled, tellExits } from '@/trading/undo'
import { useOnce } from '@/trading/use-once'
import { Badge } from '@/ui/badge'
import { Button, IconButton } from '@/ui/button'
import { AmountField } from '@/ui/field'
import { ShareButtons } from '@/ui/share-buttons'
import { Segmented } from '@/ui/tabs'
import { toast } from '@/ui/toast'

const NAMES: Record<ExitName, MessageDescriptor> = {
  takeProfit: msg`Take-profit`,
  stopLoss: msg`Stop-loss`,
}

const REMOVED: Record<ExitName, MessageDescriptor> = {
  takeProfit: msg`Take-profit removed`,
  stopLoss: msg`Stop-loss removed`,
}

export function ExitLevels({ position }: { position: Position }) {
  const orders = useAccount().data?.orders ?? []
  const levels = levelsOf(position, orders)
  return (
    <section aria-label={t`Levels`} className="flex flex-col gap-3 border-t border-line pt-4">
      <h3 className="text-xs font-semibold">{t`Levels of the position`}</h3>
      {levels.length === 0 ? (
        <p className="text-xs text-faint">{t`There are none yet. Add one that closes a part.`}</p>
      ) : (
        <>
          <ul aria-label={t`Levels`} className="flex flex-col divide-y divide-line text-xs">
            {levels.map((level) => (
              <LevelRow
                key={level.order?.orderId ?? level.exit}
                position={position}
                level={level}
              />
            ))}
          </ul>
          <Sums position={position} levels={levels} />
        </>
      )}
      <AddLevel position={position} />
    </section>
  )
}

function LevelRow({ position, level }: { position: Position; level: Level }) {
  const { asset, orderType, executionPrice } = position
  const { exit, price, qty, order } = level
  const cancel = useCancelOrder()
  const modify = useModifyPosition()
  const gain = pnl(orderType, qty, executionPrice, price)
  const at = format.price(asset, price)
  const size = sizeWords(asset, qty)
  const share = percentOf(position, qty)
  const failed = (error: unknown) => toast('error', t`The level was not removed`, sentence(error))
  const remove = () => {
    // Promises, because the row is gone once the event has arrived, and with it its callbacks.
    if (order) {
      cancel
        .mutateAsync(order.orderId)
        .then(({ order: canceled }) => tellCanceled([canceled]), failed)
      return
    }
    modify
      .mutateAsync({ orderId: position.orderId, request: { [exit]: null } })
      .then(() => tellExits(position, i18n._(REMOVED[exit])), failed)
  }
  return (
    <li className="flex items-center gap-2 py-1.5">
      <span className="w-20 shrink-0">
        <Badge tone={exit === 'takeProfit' ? 'up' : 'down'}>{i18n._(NAMES[exit])}</Badge>
      </span>
      <span className="min-w-0 flex-1">
        {at}
        <span className="block text-2xs text-faint">
          {order ? t`${size}, ${share}` : t`Whole position, ${share}`}
        </span>
      </span>
      <span
        className={`w-20 text-right ${{ up: 'text-up', down: 'text-down', plain: '' }[toneOf(gain)]}`}
      >
        {format.signedUsd(gain)}
      </span>
      <IconButton
        label={
          exit === 'takeProfit'
            ? t`Remove the take-profit at ${at}`
            : t`Remove the stop-loss at ${at}`
        }
        className="size-7"
        disabled={cancel.isPending || modify.isPending}
        onClick={remove}
      >
        <X size={14} aria-hidden />
      </IconButton>
    </li>
  )
}

function percentOf({ qty: whole }: Position, qty: bigint): string {
  return format.percent(mulDiv(qty, SCALE, whole, 'floor'), qty === whole ? 0 : 1)
}

function Sums({ position, levels }: { position: Position; levels: readonly Level[] }) {
  const shares = (['takeProfit', 'stopLoss'] as const).map((exit) =>
    shareCovered(position, levels, exit),
  )
  const [profits = '', losses = ''] = shares.map((share) => format.percent(share, 0))
  const isOver = shares.some((share) => share > SCALE)
  return (
    <div className="flex flex-col gap-1 text-xs text-soft" aria-live="polite">
      <p>{t`Take-profits cover ${profits} of the position, stop-losses ${losses}.`}</p>
      {isOver && (
        <p className="text-faint">
          {t`The first levels that are reached close it; what is left of the others then expires.`}
        </p>
      )}
    </div>
  )
}

type Draft = { exit: ExitName; priceText: string; qtyText: string }

function AddLevel({ position }: { position: Position }) {
  const { asset, qty: whole } = position
  const { base } = assetInfo(asset)
  const size = sizeWords(asset, whole)
  const quote = useSteadyQuote(asset) && triggeringQuote(asset)
  const mode = useQuery(settingsQuery).data?.mode ?? 'separate'
  const place = usePlaceOrder()
  const placeOnce = useOnce(place.mutateAsync)
  const [draft, setDraft] = useState<Draft>({ exit: 'takeProfit', priceText: '', qtyText: '' })
  const [isTried, setTried] = useState(false)
  const price = readAbove(draft.priceText)
  const qty = readAbove(draft.qtyText)
  const isTooMuch = qty.value !== null && qty.value > whole
  const wrongPrice =
    price.value !== null && quote ? exitProblem(position, draft.exit, price.value, quote) : null
  const edit = (change: Partial<Draft>) => {
    if (place.isError) place.reset()
    setDraft({ ...draft, ...change })
  }

  async function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (price.value === null || qty.value === null || isTooMuch || wrongPrice) return
    const order = levelOrder(position, draft.exit, price.value, qty.value, mode)
    // The order is announced by its event.
    const answer = await placeOnce(JSON.stringify(order), order)
    if (answer === null) return
    setTried(false)
    setDraft({ ...draft, priceText: '', qtyText: '' })
  }

  const problemOf = (text: string, problem: string | null | undefined) =>
    isTried || text !== '' ? problem : null
  const shares = [25, 50, 75, 100]
  const share = shares.find((each) => shareOf(position, each) === qty.value) ?? null
  return (
    <form className="flex flex-col gap-3" noValidate onSubmit={(event) => void submit(event)}>
      <Segmented
        label={t`Kind of the level`}
        value={draft.exit}
        onChange={(exit) => edit({ exit })}
        options={[
          { value: 'takeProfit', label: i18n._(NAMES.takeProfit) },
          { value: 'stopLoss', label: i18n._(NAMES.stopLoss) },
        ]}
      />
      <div className="grid grid-cols-2 gap-3">
        <AmountField
          dense
          label={t`Level price`}
          value={draft.priceText}
          onText={(priceText) => edit({ priceText })}
          problem={
            problemOf(draft.priceText, wrongPrice ?? problemIn(price, t`Enter a price`)) ??
            fieldProblem(place.error, 'triggerPrice')
          }
        />
        <AmountField
          dense
          label={t`Quantity to close`}
          unit={base}
          value={draft.qtyText}
          onText={(qtyText) => edit({ qtyText })}
          problem={
            problemOf(
              draft.qtyText,
              isTooMuch ? t`At most ${size}` : problemIn(qty, t`Enter a quantity`),
            ) ?? fieldProblem(place.error, 'qty')
          }
        />
      </div>
      <ShareButtons
        label={t`Share to close`}
        value={share}
        onChange={(percent) => edit({ qtyText: print(shareOf(position, percent)) })}
      />
      <RequestProblem error={place.error} fields={['triggerPrice', 'qty']} />
      <div className="flex justify-end">
        <Button type="submit" pending={place.isPending}>
          {t`Add level`}
        </Button>
      </div>
    </form>
  )
}

function problemIn(
  read: { value: bigint | null; problem?: string | null | undefined },
  missing: string,
): string | null {
  return read.value === null ? (read.problem ?? missing) : null
}
