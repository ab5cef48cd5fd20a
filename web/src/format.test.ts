import { expect, it, vi } from 'vitest'
import { exact } from '@/decimal'
import * as format from '@/format'
import { setMarkets } from '@/markets'
import { nextPath } from '@/paths'
import { market } from '@/testkit'

it('rounds money down, and costs up', () => {
  expect(format.usd(exact('1234.567'))).toBe('1,234.56')
  expect(format.usd(exact('1234.561'), 'ceiling')).toBe('1,234.57')
  expect(format.signedUsd(exact('-0.001'))).toBe('-0.01')
  expect(format.signedUsd(exact('5'))).toBe('+5.00')
  expect(format.signedUsd(0n)).toBe('0.00')
})

it('writes sizes with all their digits', () => {
  setMarkets([market('BTCUSDT'), market('SOLUSDT', { quantityDecimals: 3 })])
  expect(format.qty('BTCUSDT', exact('0.01'))).toBe('0.01000')
  expect(format.qty('BTCUSDT', exact('0.01000001'))).toBe('0.01000001')
  expect(format.qty('SOLUSDT', exact('12'))).toBe('12.000')
})

it('writes basis points', () => {
  expect(format.bps(9_000)).toBe('90 %')
  expect(format.bps(10)).toBe('0.1 %')
  expect(format.bps(9_125)).toBe('91.25 %')
})

it('writes ratios, volumes and durations in short form', () => {
  expect(format.signedPercent(exact('0.0123456'))).toBe('+1.23%')
  expect(format.signedPercent(exact('-0.5'), 1)).toBe('-50.0%')
  // The same figure up, down and without a sign.
  for (const [ratio, text] of [
    ['0.000249', '0.02%'],
    ['0.00025', '0.03%'],
    ['0.0123499', '1.23%'],
    ['0.012351', '1.24%'],
  ] as const) {
    expect(format.percent(exact(ratio))).toBe(text)
    expect(format.signedPercent(exact(ratio))).toBe(`+${text}`)
    expect(format.signedPercent(-exact(ratio))).toBe(`-${text}`)
  }
  // What rounds to zero is neither a gain nor a loss.
  expect(format.signedPercent(exact('0.00004'))).toBe('0.00%')
  expect(format.signedPercent(exact('-0.00004'))).toBe('0.00%')
  expect(format.compact(exact('999.5'))).toBe('999.50')
  expect(format.compact(exact('16199.99'))).toBe('16.19K')
  expect(format.compact(exact('2500000'))).toBe('2.50M')
  expect(format.duration(59_999)).toBe('59s')
  expect(format.duration(7_443_000)).toBe('2h 4m')
  expect(format.duration(3_600_000 * 26)).toBe('1d 2h')
  expect(format.duration(-5)).toBe('0s')
})

it.each([
  ['en', '1240000000', '1.24B'],
  ['de', '1240000000', '1,24\u00a0Mrd.'],
  ['es', '16199.99', '16,19\u00a0mil'],
  ['zh', '16199.99', '1.61万'],
  ['zh', '9999', '9,999.00'],
  ['zh', '1240000000', '12.40亿'],
] as const)('in %s shortens %s to %s', (locale, amount, text) => {
  expect(format.compact(exact(amount), 2, locale)).toBe(text)
})

it('writes times in the chosen zone and names it', () => {
  const summer = Date.UTC(2026, 6, 1, 22, 30, 5)
  expect(format.dateTime(summer, 'utc')).toBe('2026-07-01 22:30:05')
  expect(format.dateTime(Date.UTC(2026, 0, 1), 'utc')).toBe('2026-01-01 00:00:00')
  expect(format.zoneName('utc', summer)).toBe('UTC')
  expect(format.zoneName('America/New_York', summer)).toBe('UTC-4')
  expect(format.zoneName('America/New_York', Date.UTC(2026, 0, 1))).toBe('UTC-5')
  expect(format.zoneName('Asia/Kolkata', summer)).toBe('UTC+5:30')
  expect(format.dateTime(summer, 'Asia/Tokyo')).toBe('2026-07-02 07:30:05')
  for (const [offset, name] of [
    [-120, 'UTC+2'],
    [210, 'UTC-3:30'],
    [0, 'UTC'],
  ] as const) {
    vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(offset)
    expect(format.zoneName('local', summer)).toBe(name)
  }
})

it('returns only to pages of this site', () => {
  const next = (text: string) => nextPath(new URLSearchParams({ next: text }))
  expect(next('/trade?asset=ETHUSDT')).toBe('/trade?asset=ETHUSDT')
  for (const evil of [
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://evil.example',
    '',
    'trade',
  ]) {
    expect(next(evil)).toBe('/trade')
  }
})
