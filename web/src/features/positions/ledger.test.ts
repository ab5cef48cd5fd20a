import { describe, expect, it } from 'vitest'
import { openCsv, toCsv } from '@/features/positions/csv'
import { ledger } from '@/features/positions/ledger'
import { sorted } from '@/features/positions/sort'
import { exact, SCALE } from '@/decimal'
import type { Account, ClosedPosition, Position } from '@/trading/account'

const open = (orderId: string, createdAt: number, margin: string): Position => ({
  orderId,
  createdAt,
  margin: exact(margin),
  asset: 'BTCUSDT',
  orderType: 'LONG',
  leverage: 10,
  qty: SCALE,
  executionPrice: SCALE,
  liquidationPrice: SCALE,
  stopLoss: null,
  takeProfit: null,
  commission: 0n,
  funding: 0n,
})

const closed = (
  orderId: string,
  times: [number, number],
  margin: string,
  finalPnl: string,
): ClosedPosition => ({
  ...open(orderId, times[0], margin),
  closedAt: times[1],
  finalPnl: exact(finalPnl),
  closePrice: SCALE,
  shortfall: 0n,
  liquidationFee: 0n,
  closeReason: 'MANUAL',
})

const account = (free: string, ...positions: Position[]): Account => ({
  positions,
  free: exact(free),
  usedMargin: 0n,
  reserved: 0n,
  sequence: 0,
  closedIds: [],
})

describe('the account’s history', () => {
  // The account starts with 1,000: a takes 100 at 10 and returns 130 at 30; b takes 50 at 20.
  const now = account('980', open('b', 20, '50'))
  const history = [closed('a', [10, 30], '100', '30')]

  it('goes back to the initial balance', () => {
    const entries = ledger(now, history, true).map(({ id, balance }) => [id, balance])
    expect(entries).toEqual([
      ['a-closed', exact('980')],
      ['b-opened', exact('850')],
      ['a-opened', exact('900')],
    ])
  })

  it('goes back to it through fees and fundings, too', () => {
    // In sum, a paid 2 and b has paid 2.
    const costs = { commission: exact('2'), funding: exact('1'), liquidationFee: exact('1') }
    const paid = { ...closed('a', [10, 30], '100', '30'), ...costs }
    const b = { ...open('b', 20, '50'), commission: exact('0.5'), funding: exact('-1.5') }
    const entries = ledger(account('976', b), [paid], true)
    expect(entries.map(({ id, balance, pnl }) => [id, balance, pnl])).toEqual([
      ['a-closed', exact('976'), exact('28')],
      ['b-opened', exact('848'), null],
      ['a-opened', exact('900'), null],
    ])
  })

  it('ends where older closes are unknown', () => {
    const ids = ledger(now, history, false).map(({ id }) => id)
    expect(ids).toEqual(['a-closed'])
  })
})

it('writes a file that a spreadsheet reads correctly', () => {
  const csv = toCsv(
    ['a', 'b'],
    [
      ['x,"y"', 1],
      ['=1+1', null],
      ['-', exact('-0.5')],
    ],
  )
  expect(csv).toBe('a,b\r\n"x,""y""",1\r\n\'=1+1,\r\n\'-,-0.5\r\n')
  const [, row] = openCsv([open('a', 0, '92.33144265')]).split('\r\n')
  expect(row).toBe('a,BTCUSDT,LONG,10,1,92.33144265,1,1,,,1970-01-01T00:00:00.000Z,0,0')
})

it('sorts both ways and keeps the order of equal rows', () => {
  const rows = [
    ['a', 2n],
    ['b', 1n],
    ['c', 2n],
  ] as const
  const by = (descending: boolean) =>
    sorted(rows, { by: 'n', descending }, (row) => row[1]).map(([name]) => name)
  expect(by(false)).toEqual(['b', 'a', 'c'])
  expect(by(true)).toEqual(['a', 'c', 'b'])
})
