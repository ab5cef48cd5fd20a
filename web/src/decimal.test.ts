import { describe, expect, it } from 'vitest'
import { divide, exact, fixed, INT_MAX, mulDiv, parse, print, tidied, toStep } from '@/decimal'

describe('parse', () => {
  it.each([
    ['92.0005', 9_200_050_000n],
    ['.5', 50_000_000n],
    ['5.', 500_000_000n],
    [' -3 ', -300_000_000n],
    ['0.00000001', 1n],
    ['0.000000010000', 1n],
    ['92233720368.54775807', INT_MAX],
    // More digits than a float can hold.
    ['90071992547.40993123', 9_007_199_254_740_993_123n],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  it.each([
    ['', 'not a number'],
    ['.', 'not a number'],
    ['1e5', 'not a number'],
    ['--1', 'not a number'],
    ['NaN', 'not a number'],
    ['0.000000001', 'more than 8 decimals'],
    ['92233720368.54775808', 'out of range'],
  ])('refuses %j', (text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem })
  })
})

describe('a typed number is read in the notation of the page', () => {
  it.each([
    ['−3.5', '-3.5'],
    ['1.234', '1.234'],
    ['1,234.5', '1234.5'],
    ['1,234.567', '1234.567'],
    ['1,234,567', '1234567'],
    ['1,234,567.89', '1234567.89'],
    ['-92,000.50', '-92000.5'],
  ])('%s', (typed, meant) => {
    expect(parse(typed)).toEqual({ ok: true, value: exact(meant) })
    expect(tidied(typed)).toBe(meant)
  })

  it.each([
    ['1,234', 'could mean 1.234 or 1234; type the one you mean'],
    ['92,000', 'could mean 92.000 or 92000; type the one you mean'],
    ['-1,234', 'could mean -1.234 or -1234; type the one you mean'],
  ])('%s is ambiguous and not guessed', (typed, problem) => {
    expect(parse(typed)).toEqual({ ok: false, problem })
    expect(tidied(typed)).toBe(typed)
  })

  it.each([
    '0,1',
    ',5',
    '5,',
    '-0,25',
    '1,5',
    '1234,567',
    '0,123',
    '1.234,5',
    '1.234.567',
    '1.2.3',
    '1 234',
    '1\u00a0234.5',
    '92\u202f000,50',
    "1'234.5",
    '1’234’567,5',
    '1,23,456',
    '1,2.5',
    '1.23,456,7',
    '1,234.5.6',
    '0,123.4',
    '01,234.5',
    '1 2',
    '1,234 567',
    '1,,5',
    '12 34',
  ])('%s is of another notation and not guessed', (typed) => {
    const problem = 'write it without separators and with decimals as in 1234.5'
    expect(parse(typed)).toEqual({ ok: false, problem })
    expect(tidied(typed)).toBe(typed)
  })

  it.each(['1_000', '١٢', '１２', '10²', '.,'])('%s is no number', (typed) => {
    expect(parse(typed)).toEqual({ ok: false, problem: 'not a number' })
    expect(tidied(typed)).toBe(typed)
  })

  it.each(['0.1', '.5', '5.', '92000.50', '', 'abc'])('%j is left unchanged', (typed) => {
    expect(tidied(typed)).toBe(typed)
  })

  it('shows a point before three digits to be the decimal sign', () => {
    expect(tidied('1.000')).toBe('1')
    expect(tidied('92.500')).toBe('92.5')
    expect(tidied('1.234')).toBe('1.234')
  })

  it('keeps the per cent sign', () => {
    expect(tidied('1,234.5 %')).toBe('1234.5%')
  })
})

it('accepts only digits and a point from a service', () => {
  for (const text of ['0,1', '1,234.5', '1 234', ' 1', '+1']) expect(() => exact(text)).toThrow()
})

it('prints every digit that it parses', () => {
  for (const text of ['0', '-3', '92.0005', '0.00000001', '-0.5', '92233720368.54775807']) {
    expect(print(exact(text))).toBe(text)
  }
})

it('rounds in the named direction on both sides of zero', () => {
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
