/** The curve of an account with what came in or went out. Pure. */

import { t } from '@lingui/core/macro'
import type { AccountPerformance } from '@/api/schema'
import * as format from '@/format'

/** A point of the curve, at scale. */
export type CurvePoint = { time: number; equity: bigint; drawdown: bigint }

/** Money that came in or went out, or a reset, at the point of the curve that shows it. */
export type Mark = { at: number; kind: 'in' | 'out' | 'reset'; label: string; about: string }

/** Returns the points of a curve, one a second at most: the last one. */
export function curveOf({ curve }: Pick<AccountPerformance, 'curve'>): CurvePoint[] {
  const points: CurvePoint[] = []
  for (const { time, equityInt, drawdownInt } of curve) {
    const before = points.at(-1)
    if (before && secondOf(before.time) === secondOf(time)) points.pop()
    points.push({ time, equity: BigInt(equityInt), drawdown: BigInt(drawdownInt) })
  }
  return points
}

/** Returns the marks of the deposits and resets, in the order of their times. */
export function marksOf(
  { deposits, resets }: Pick<AccountPerformance, 'deposits' | 'resets'>,
  points: readonly CurvePoint[],
): Mark[] {
  const events = [
    ...deposits.map((deposit) => {
      const kind = BigInt(deposit.amountInt) < 0n ? ('out' as const) : ('in' as const)
      return { time: deposit.time, kind, ...depositWords(deposit) }
    }),
    ...resets.map(({ time, previousBalanceInt, balanceInt }) => {
      const before = format.usd(BigInt(previousBalanceInt))
      const after = format.usd(BigInt(balanceInt))
      const about = t`Reset from ${before} to ${after} USD`
      const label = t({ message: 'Reset', context: 'noun' })
      return { time, kind: 'reset' as const, label, about }
    }),
  ].toSorted((a, b) => a.time - b.time)
  return events.flatMap(({ time, ...event }) => {
    // The first point that includes it; the last one where none is so late.
    const shown = points.find((point) => point.time >= time) ?? points.at(-1)
    return shown ? [{ ...event, at: shown.time }] : []
  })
}

type Deposit = AccountPerformance['deposits'][number]

function depositWords({ amountInt, kind }: Deposit): Pick<Mark, 'label' | 'about'> {
  const value = BigInt(amountInt)
  const amount = format.signedUsd(value)
  if (kind === 'ADJUSTMENT') {
    return { label: t`Adjustment`, about: t`Adjustment of ${amount} USD` }
  }
  return value < 0n
    ? { label: t`Withdrawal`, about: t`Withdrawal of ${amount} USD` }
    : { label: t`Deposit`, about: t`Deposit of ${amount} USD` }
}

/** Returns the last point that is not after a time, which the chart names in whole seconds. */
export function pointAt(points: readonly CurvePoint[], time: number): CurvePoint | undefined {
  return points.findLast((point) => secondOf(point.time) <= secondOf(time))
}

/**
 * Returns the seconds of the chart's time axis that have no point, at most as many as parts: the
 * library gives every time the same width, so that a quiet week would be as short as a minute.
 */
export function quietSeconds(points: readonly CurvePoint[], parts: number): number[] {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return []
  const from = secondOf(first.time)
  const step = Math.max(1, Math.ceil((secondOf(last.time) - from) / parts))
  const partOf = (second: number) => Math.floor((second - from) / step)
  const taken = new Set(points.map(({ time }) => partOf(secondOf(time))))
  const all = Array.from({ length: partOf(secondOf(last.time)) }, (_, part) => part)
  return all.filter((part) => !taken.has(part)).map((part) => from + part * step)
}

function secondOf(time: number): number {
  return Math.floor(time / 1_000)
}
