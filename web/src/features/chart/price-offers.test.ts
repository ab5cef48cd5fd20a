import { expect, it } from 'vitest'
import { offersAt, offerWords } from '@/features/chart/price-offers'

it.each<[price: bigint, offers: string[]]>([
  [90n, ['Buy limit', 'Sell stop']],
  // At the bid a sell would fill at once, and so would its stop.
  [99n, ['Buy limit']],
  // Between bid and ask both limits wait.
  [100n, ['Buy limit', 'Sell limit']],
  [101n, ['Sell limit']],
  [110n, ['Sell limit', 'Buy stop']],
])('offers at %s, with the market at 99 to 101', (price, offers) => {
  const words = offersAt(price, { bid: 99n, ask: 101n }).map((offer) => offerWords(offer, 'P'))
  expect(words).toEqual(offers.map((offer) => `${offer} at P`))
})
