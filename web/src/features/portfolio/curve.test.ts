import { expect, it } from 'vitest'
import { curveOf, marksOf, pointAt, quietSeconds } from '@/features/portfolio/curve'

const point = (time: number, equity: string, drawdown = '0') => ({
  time,
  equity,
  equityInt: `${equity}00000000`,
  drawdown,
  drawdownInt: drawdown,
})

const amount = (time: number, amount: string, kind: 'TRANSFER' | 'ADJUSTMENT') => ({
  time,
  kind,
  amount,
  amountInt: `${amount}00000000`,
})

const curve = [point(1_000, '1'), point(2_100, '2'), point(2_900, '3'), point(9_000, '4', '5')]

it('has one point a second, the last one', () => {
  const points = curveOf({ curve })
  expect(points.map(({ time }) => time)).toEqual([1_000, 2_900, 9_000])
  expect(points[2]).toEqual({ time: 9_000, equity: 400_000_000n, drawdown: 5n })
  // The chart names whole seconds, and those of quiet times.
  expect(pointAt(points, 2_000)?.equity).toBe(300_000_000n)
  expect(pointAt(points, 8_000)?.equity).toBe(300_000_000n)
  expect(pointAt(points, 500)).toBeUndefined()
})

it('marks deposits and resets at the first point that includes them', () => {
  const deposits = [
    amount(500, '1000', 'TRANSFER'),
    amount(2_950, '-50', 'ADJUSTMENT'),
    amount(99_000, '-5', 'TRANSFER'),
  ]
  const reset = { time: 2_000, previousBalance: '7', balance: '100' }
  const resets = [{ ...reset, previousBalanceInt: '700000000', balanceInt: '10000000000' }]
  const marks = marksOf({ deposits, resets }, curveOf({ curve }))
  expect(marks).toEqual([
    { at: 1_000, kind: 'in', label: 'Deposit', about: 'Deposit of +1,000.00 USD' },
    { at: 2_900, kind: 'reset', label: 'Reset', about: 'Reset from 7.00 to 100.00 USD' },
    { at: 9_000, kind: 'out', label: 'Adjustment', about: 'Adjustment of -50.00 USD' },
    { at: 9_000, kind: 'out', label: 'Withdrawal', about: 'Withdrawal of -5.00 USD' },
  ])
  expect(marksOf({ deposits, resets }, [])).toEqual([])
})

it('fills the time axis where the account did not change', () => {
  const at = (second: number) => ({ time: second * 1_000, equity: 1n, drawdown: 0n })
  expect(quietSeconds([at(0), at(20), at(21), at(100)], 10)).toEqual([
    10, 30, 40, 50, 60, 70, 80, 90,
  ])
  // Never a second that has a point, or twice the same.
  const short = quietSeconds([at(0), at(3)], 10)
  expect(short).toEqual([...new Set(short)])
  expect(short).not.toContain(0)
  expect(short).not.toContain(3)
  expect(quietSeconds([at(5)], 10)).toEqual([])
  expect(quietSeconds([], 10)).toEqual([])
})
