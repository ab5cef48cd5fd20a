/** The curve of an account with what came in or went out. Pure. */

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
    ...deposits.map(({ time, amountInt, kind }) => {
      const amount = BigInt(amountInt)
      const name = kind === 'ADJUSTMENT' ? 'Adjustment' : amount < 0n ? 'Withdrawal' : 'Deposit'
      const isIn = amount >= 0n
      return {
        time,
        kind: isIn ? ('in' as const) : ('out' as const),
        label: name,
        about: `${name} of ${format.signedUsd(amount)} USD`,
      }
    }),
    ...resets.map(({ time, previousBalanceInt, balanceInt }) => ({
      time,
      kind: 'reset' as const,
      label: 'Reset',
      about: `Reset from ${format.usd(BigInt(previousBalanceInt))} to ${format.usd(BigInt(balanceInt))} USD`,
    })),
  ].toSorted((a, b) => a.time - b.time)
  return events.flatMap(({ time, ...event }) => {
    // The first point that includes it; the last one where none is so late.
    const shown = points.find((point) => point.time >= time) ?? points.at(-1)
    return shown ? [{ ...event, at: shown.time }] : []
  })
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
