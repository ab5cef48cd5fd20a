import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { lazy, Suspense, useState } from 'react'
import { fieldProblem } from '@/api/errors'
import type { ModifyRequest } from '@/api/schema'
import { MarkCell } from '@/features/positions/live-cells'
import { PositionLabel } from '@/features/positions/position-label'
import { parse, print } from '@/decimal'
import * as format from '@/format'
import { triggeringQuote } from '@/live/marks'
import { useSteadyQuote } from '@/live/use-steady-quote'
import { RequestProblem } from '@/request-problem'
import { pnl, returnOnMargin, type Quote } from '@/rules'
import type { Position } from '@/trading/account'
import { exitProblem, type ExitName } from '@/trading/exits'
import { useModifyPosition } from '@/trading/queries'
import { tellExits } from '@/trading/undo'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField } from '@/ui/field'

// Loaded separately: the form above it must not wait.
const ExitLevels = lazy(async () => ({
  default: (await import('@/features/positions/exit-levels')).ExitLevels,
}))

type ExitsDialogProps = { position: Position | null; onClose: () => void }

export function ExitsDialog({ position, onClose }: ExitsDialogProps) {
  return (
    <Dialog open={position !== null} onClose={onClose} title={t`Take-profit and stop-loss`}>
      {position && (
        <div key={position.orderId} className="flex flex-col gap-5">
          <ExitsForm position={position} onDone={onClose} />
          <Suspense>
            <ExitLevels position={position} />
          </Suspense>
        </div>
      )}
    </Dialog>
  )
}

const EXITS: { exit: ExitName; label: MessageDescriptor }[] = [
  { exit: 'takeProfit', label: msg`Take-profit price` },
  { exit: 'stopLoss', label: msg`Stop-loss price` },
]

type Texts = Record<ExitName, string>

function ExitsForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const quote = useSteadyQuote(position.asset) && triggeringQuote(position.asset)
  const modify = useModifyPosition()
  const [texts, setTexts] = useState<Texts>({
    stopLoss: textOf(position.stopLoss),
    takeProfit: textOf(position.takeProfit),
  })
  const read = EXITS.map(({ exit }) => readExit(position, exit, texts[exit], quote))
  const request = requestOf(read)
  const isRight = read.every(({ problem }) => problem === null)
  const entry = format.price(position.asset, position.executionPrice)
  const mark = <MarkCell position={position} className="text-ink" />

  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!isRight || modify.isPending) return
        if (!request) return onDone()
        modify.mutate(
          { orderId: position.orderId, request },
          {
            onSuccess() {
              tellExits(position, t`Take-profit and stop-loss updated`)
              onDone()
            },
          },
        )
      }}
    >
      <div className="flex items-center justify-between text-xs">
        <PositionLabel position={position} />
        <span className="text-soft">
          <Trans>
            Entry {entry} · Mark {mark}
          </Trans>
        </span>
      </div>
      {EXITS.map(({ exit, label }, index) => (
        <AmountField
          key={exit}
          label={i18n._(label)}
          placeholder={t({ message: 'None', context: 'price' })}
          {...(index === 0 ? { 'data-first': true } : {})}
          value={texts[exit]}
          onText={(text) => {
            if (modify.isError) modify.reset()
            setTexts({ ...texts, [exit]: text })
          }}
          problem={read[index]?.problem ?? fieldProblem(modify.error, exit)}
          hint={read[index]?.hint ?? null}
          unit={
            texts[exit] && (
              <button
                type="button"
                className="rounded px-1.5 py-1 hover:bg-hover hover:text-ink"
                onClick={() => setTexts({ ...texts, [exit]: '' })}
              >
                {t`Remove`}
              </button>
            )
          }
        />
      ))}
      <RequestProblem error={modify.error} fields={EXITS.map(({ exit }) => exit)} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t`Cancel`}</Button>
        <Button type="submit" look="primary" pending={modify.isPending} disabled={!isRight}>
          {t`Save`}
        </Button>
      </div>
    </form>
  )
}

type Read = {
  exit: ExitName
  /** The new value; undefined if unchanged or invalid. */
  change: bigint | null | undefined
  problem: string | null
  hint: string | null
}

function readExit(position: Position, exit: ExitName, text: string, quote: Quote | null): Read {
  const before = position[exit]
  if (text.trim() === '') {
    return { exit, change: before === null ? undefined : null, problem: null, hint: null }
  }
  const parsed = parse(text)
  if (!parsed.ok) {
    return { exit, change: undefined, problem: format.capitalized(parsed.problem), hint: null }
  }
  const hint = outcome(position, parsed.value)
  if (parsed.value === before) return { exit, change: undefined, problem: null, hint }
  const problem = quote ? exitProblem(position, exit, parsed.value, quote) : null
  return { exit, change: parsed.value, problem, hint }
}

function outcome({ orderType, qty, executionPrice, margin }: Position, price: bigint): string {
  const value = pnl(orderType, qty, executionPrice, price)
  const gain = format.signedUsd(value)
  const roe = format.signedPercent(returnOnMargin(value, margin))
  return t`P&L ${gain} USD, ROE ${roe}`
}

function requestOf(read: readonly Read[]): ModifyRequest | null {
  const changes = read.filter(({ change }) => change !== undefined)
  if (changes.length === 0) return null
  return Object.fromEntries(
    changes.map(({ exit, change }) => [exit, change == null ? null : print(change)]),
  )
}

function textOf(price: bigint | null): string {
  return price === null ? '' : print(price)
}
