import { expect, it } from 'vitest'
import { shortcuts } from '@/features/help/keys'
import { markets, setMarkets } from '@/markets'
import { market } from '@/testkit'

const digits = (count: number) => {
  setMarkets(Array.from({ length: count }, (_, n) => market(`C${String(n).padStart(2, '0')}USDT`)))
  return shortcuts(markets.get()).filter(([key]) => /\d/.test(key))
}

it('shows the first nine markets in the order of the list', () => {
  expect(digits(2)).toEqual([
    ['1', 'Show C00'],
    ['2', 'Show C01'],
  ])
  expect(digits(12)).toHaveLength(9)
  expect(digits(12).at(-1)).toEqual(['9', 'Show C08'])
})
