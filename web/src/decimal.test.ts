import { describe, expect, it } from 'vitest'
import { divide, exact, fixed, INT_MAX, mulDiv, parse, print, toStep } from '@/decimal'

describe('parse', () => {
  it.each([
    ['92.0005', 9_200_050_000n],
    ['.5', 50_000_000n],
    ['5.', 500_000_000n],
    ['1,000', 100_000_000_000n],
    [' -3 ', -300_000_000n],
    ['0.00000001', 1n],
    ['0.000000010000', 1n],
    ['92233720368.54775807', INT_MAX],
    // A float has no room for these digits.
    ['90071992547.40993123', 9_007_199_254_740_993_123n],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  it.each([
    ['', 'is not a decimal number'],
    ['.', 'is not a decimal number'],
    ['1e5', 'is not a decimal number'],
    ['1.2.3', 'is not a decimal number'],
    ['--1', 'is not a decimal number'],
    ['NaN', 'is not a decimal number'],
    ['0.000000001', 'has more than 8 decimals'],
    ['92233720368.54775808', 'is out of range'],
  ])('refuses %j', (text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem })
  })
})

it('prints what it reads, digit by digit', () => {
  for (const text of ['0', '-3', '92.0005', '0.00000001', '-0.5', '92233720368.54775807']) {
    expect(print(exact(text))).toBe(text)
  }
})

it('rounds by name on both sides of zero', () => {
  expect(divide(7n, 2n, 'floor')).toBe(3n)
  expect(divide(-7n, 2n, 'floor')).toBe(-4n)
  expect(divide(7n, 2n, 'ceiling')).toBe(4n)
  expect(divide(-7n, 2n, 'ceiling')).toBe(-3n)
  expect(divide(-8n, 2n, 'floor')).toBe(-4n)
  expect(divide(4n, 3n, 'nearest')).toBe(1n)
  expect(divide(5n, 3n, 'nearest')).toBe(2n)
  expect(divide(-4n, 3n, 'nearest')).toBe(-1n)
  expect(mulDiv(2n ** 100n, 2n ** 100n, 2n ** 100n, 'floor')).toBe(2n ** 100n)
  expect(toStep(1_234_567n, 1_000n, 'ceiling')).toBe(1_235_000n)
})

it('writes a fixed number of decimals with separators', () => {
  expect(fixed(exact('92000.505'), 2, 'floor')).toBe('92,000.50')
  expect(fixed(exact('92000.505'), 2, 'ceiling')).toBe('92,000.51')
  expect(fixed(exact('-0.001'), 2, 'floor')).toBe('-0.01')
  expect(fixed(exact('-0.001'), 2, 'nearest')).toBe('0.00')
  expect(fixed(exact('1234567'), 0, 'floor')).toBe('1,234,567')
  expect(fixed(exact('999'), 8, 'floor')).toBe('999.00000000')
})
