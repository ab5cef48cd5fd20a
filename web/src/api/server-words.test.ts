import { describe, expect, it } from 'vitest'
import { fieldWords, serverWords } from '@/api/server-words'

describe('the sentences of the server', () => {
  it('are left alone in English', () => {
    expect(serverWords('EMAIL_TAKEN', 'Taken.', 'en')).toBeNull()
    expect(fieldWords('VALIDATION', 'is required', 'en')).toBeNull()
  })

  it('are chosen by their code', () => {
    const words = serverWords('WRONG_PASSWORD', 'Any words.', 'de')
    expect(words).toBe('The current password is incorrect. Check it and try again.')
  })

  it.each([
    [
      'INSUFFICIENT_BALANCE',
      'A margin of 1000.5 USD is needed, but the balance is 20 USD.',
      'A margin of 1000,5 USD is needed, but the free margin is 20 USD.',
    ],
    [
      'LIQUIDATED_AT_ONCE',
      'The position would be liquidated immediately: its liquidation price is 91.5 and it could be closed at 91 now; use a lower leverage.',
      'The position would be liquidated immediately: its liquidation price is 91,5, and it could be closed at 91 now. Use a lower leverage.',
    ],
    [
      'POSITION_TOO_LARGE',
      'With a leverage of 50 a position may be worth up to 50000 USD; this one would be worth 60000.1 USD.',
      'With a leverage of 50 a position may be worth up to 50000 USD; this one would be worth 60000,1 USD.',
    ],
    [
      'TOO_MANY_ACCOUNTS',
      'You can have 100 accounts, closed ones included. Reset one to begin again.',
      'You can have 100 accounts, closed ones included. Reset one to begin again.',
    ],
    ['ORDER_ALREADY_DONE', 'The order is filled already.', 'The order is filled already.'],
    ['TOO_MANY_ATTEMPTS', 'Too many attempts. Try again in 1 second.', /^Too .* in 1 second\.$/],
  ])('of %s keep their details', (code, message, expected) => {
    expect(serverWords(code, message, 'de')).toMatch(expected)
  })

  it('stay in English where details or the code are not known', () => {
    expect(serverWords('INSUFFICIENT_BALANCE', 'There is too little money.', 'de')).toBeNull()
    expect(serverWords('TRADING_PAUSED', 'Paused by an operator.', 'de')).toBeNull()
    expect(serverWords('NEW_CODE', 'Something new.', 'de')).toBeNull()
  })

  it('are problems of fields without a full stop', () => {
    expect(fieldWords('QUANTITY_OFF_STEP', 'the quantity must be a multiple of 0.001', 'de')).toBe(
      'The quantity must be a multiple of 0,001',
    )
    const common = 'is too easy to guess; choose another'
    expect(fieldWords('VALIDATION', common, 'de')).toBe('Too easy to guess; choose another')
    expect(fieldWords('VALIDATION', 'must be a list', 'de')).toBeNull()
  })
})
