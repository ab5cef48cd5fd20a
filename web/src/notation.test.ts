import { describe, expect, it } from 'vitest'
import { parse } from '@/decimal'
import { inNotation } from '@/notation'

describe('the notation of numbers', () => {
  it.each([
    ['en', '1,234.5', '1,234.5'],
    ['zh', '1,234.5', '1,234.5'],
    ['de', '1,234.5', '1.234,5'],
    ['es', '-1,234,567.89', '-1.234.567,89'],
    ['de', '92.', '92,'],
    ['de', '0.5%', '0,5%'],
  ] as const)('in %s shows %s as %s', (locale, english, shown) => {
    expect(inNotation(english, locale)).toBe(shown)
    expect(inNotation(shown, locale)).toBe(english)
  })

  it.each([
    ['de', '92,5', 9_250_000_000n],
    ['de', '1.234,5', 123_450_000_000n],
    ['de', '1,234', 123_400_000n],
    ['en', '1.234', 123_400_000n],
  ] as const)('in %s reads %s as it is meant', (locale, typed, value) => {
    expect(parse(inNotation(typed, locale))).toEqual({ ok: true, value })
  })

  it.each([
    ['de', '1.234'],
    ['de', '92.5'],
    ['en', '1,234'],
    ['en', '92,5'],
  ] as const)('in %s refuses %s, which another language may mean', (locale, typed) => {
    expect(parse(inNotation(typed, locale)).ok).toBe(false)
  })
})
