import { describe, expect, it, vi } from 'vitest'
import type { Locale } from '@/locale'

/** Loads the code as on a page in a language. */
async function inLanguage(locale: Locale) {
  vi.resetModules()
  vi.doMock('@/locale', () => ({ locale }))
  return {
    ...(await import('@/features/chart/price-format')),
    ...(await import('@/features/chart/chart-times')),
    ...(await import('lightweight-charts')),
  }
}

describe.each([
  ['en', '92,000.50', '-0.50', '1.2K', '340', '5.01M'],
  ['de', '92.000,50', '-0,50', '1,2K', '340', '5,01M'],
  ['zh', '92,000.50', '-0.50', '1.2K', '340', '5.01M'],
] as const)('in %s', (locale, price, negative, thousands, plain, millions) => {
  it('writes prices and volumes', async () => {
    const { priceFormat, volumeFormat } = await inLanguage(locale)
    const { formatter, minMove } = priceFormat(2)
    expect(minMove).toBe(0.01)
    expect([92_000.499, -0.5].map((each) => formatter(each as never))).toEqual([price, negative])
    const volumes = [1_200, 340, 5_012_345].map((each) => volumeFormat().formatter(each as never))
    expect(volumes).toEqual([thousands, plain, millions])
  })
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e21])('has no text for %s', async (value) => {
  const { priceFormat } = await inLanguage('en')
  expect(priceFormat(2).formatter(value as never)).toBe('–')
})

it.each([
  ['en', 'Sep', 'May'],
  ['de', 'Sep', 'Mai'],
  ['es', 'sept', 'may'],
  ['zh', '9月', '5月'],
] as const)('names months in %s: %s, %s', async (locale, september, may) => {
  const { tickMark, TickMarkType } = await inLanguage(locale)
  const mark = (month: number) =>
    tickMark(Date.UTC(2026, month) / 1_000, TickMarkType.Month, 'utc').replace('.', '')
  expect([mark(8), mark(4)]).toEqual([september, may])
})
