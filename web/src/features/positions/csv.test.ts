import { expect, it } from 'vitest'
import { exact, SCALE } from '@/decimal'
import { openCsv, toCsv } from '@/features/positions/csv'
import type { Position } from '@/trading/account'

const POSITION: Position = {
  orderId: 'a',
  createdAt: 0,
  margin: exact('92.33144265'),
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
}

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
  const [, row] = openCsv([POSITION]).split('\r\n')
  expect(row).toBe('a,BTCUSDT,LONG,10,1,92.33144265,1,1,,,1970-01-01T00:00:00.000Z,0,0')
})
