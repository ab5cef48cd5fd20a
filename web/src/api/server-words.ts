/**
 * The sentences of the server in the page's language, chosen by their code. Pages in English show
 * the server's own, as do all where a sentence is not known here, or its details can't be read.
 */

import { plural, t } from '@lingui/core/macro'
import { type Locale, locale as ofPage } from '@/locale'
import { inNotation } from '@/notation'

/** Sentences without details. */
const PLAIN: Readonly<Record<string, () => string>> = {
  UNAUTHENTICATED: () => t`You are not signed in. Sign in first.`,
  TOKEN_EXPIRED: () => t`Your session has expired. Sign in again.`,
  INVALID_CREDENTIALS: () => t`The email or password is incorrect. Check both and try again.`,
  PASSWORD_REQUIRED: () => t`Enter your current password, or sign in with an emailed link first.`,
  WRONG_PASSWORD: () => t`The current password is incorrect. Check it and try again.`,
  EMAIL_TAKEN: () => t`An account with this email already exists. Sign in instead.`,
  PHONE_TAKEN: () => t`An account with this phone number already exists. Use a different number.`,
  REGISTRATION_REQUIRED: () =>
    t`Guests can’t do this. Register with an email and a password first; your account is kept.`,
  ALREADY_REGISTERED: () => t`This account is registered already. Reload the page.`,
  ALREADY_SIGNED_IN: () => t`You are signed in already. Reload the page, or sign out first.`,
  LINK_EXPIRED: () => t`This link has expired or was already used. Request a new one.`,
  SESSION_NOT_FOUND: () => t`This session does not exist or has ended. Reload the list.`,
  API_KEY_NOT_FOUND: () => t`This API key does not exist. Reload the list.`,
  ACCOUNT_MISMATCH: () =>
    t`You are now signed in to a different account, so nothing was done. Reload the page.`,
  ACCOUNT_NOT_FOUND: () => t`You have no such account. Reload the page.`,
  ACCOUNT_CLOSED: () =>
    t`This account is closed: it can be read, but not traded with. Use another account.`,
  FIRST_ACCOUNT: () => t`Your first account can’t be closed. Reset it to begin again.`,
  NOT_FLAT: () =>
    t`This is not possible with open positions or orders. Close and cancel them first.`,
  ACCOUNT_NAME_TAKEN: () => t`You already have an account with this name. Use a different name.`,
  ENGINE_NOT_READY: () => t`Trading is temporarily unavailable. Try again soon.`,
  ENGINE_TIMEOUT: () =>
    t`The engine did not answer in time, and the request may still be carried out. Send it again to learn the outcome.`,
  TIMEOUT: () =>
    t`The request timed out and may have taken effect. Check before you send it again.`,
  DATABASE_UNAVAILABLE: () => t`Velox is unavailable. Try again shortly.`,
  REDIS_UNAVAILABLE: () => t`Velox is unavailable. Try again shortly.`,
  BUSY: () => t`Too many people are signing in. Try again in a moment.`,
  INTERNAL: () => t`Something went wrong on the server. Try again.`,
  UNKNOWN_ASSET: () => t`This market is not traded here.`,
  INVALID_QUANTITY: () => t`The quantity must be above zero.`,
  QUANTITY_TOO_SMALL: () => t`The quantity is so small that its margin would be zero.`,
  AMOUNT_OUT_OF_RANGE: () => t`The amounts of this order are out of range.`,
  INVALID_AMOUNT: () => t`The amount must be neither zero nor out of range.`,
  NO_PRICE: () => t`There is no price for this market yet. Try again in a moment.`,
  ORDER_NOT_FOUND: () => t`There is no such order.`,
  ORDER_ALREADY_CLOSED: () => t`The position is already closed.`,
  ORDER_ID_REUSED: () => t`This order was already sent with other terms. Send it anew.`,
  ORDER_EXPIRED: () => t`The order expired before it arrived.`,
  WOULD_NOT_REDUCE: () => t`There is no position that this order would reduce.`,
  WRONG_POSITION_MODE: () => t`This is not possible in the position mode of the account.`,
}

/** A sentence with details: how the server says it, and its words with what was found. */
type Detailed = { said: RegExp; words: (found: readonly string[]) => string }

const A_NUMBER = String.raw`(-?\d[\d.,]*\d|\d)`

/** The pattern of a sentence of the server, in which `#` stands for a number. */
function said(sentence: string): RegExp {
  return new RegExp(`^${sentence.replaceAll('#', A_NUMBER)}\\.?$`, 'i')
}

const DETAILED: Readonly<Record<string, readonly Detailed[]>> = {
  INSUFFICIENT_BALANCE: [
    {
      said: said('a margin of # USD is needed, but the balance is # USD'),
      words: ([needed = '', available = '']) =>
        t`A margin of ${needed} USD is needed, but the free margin is ${available} USD.`,
    },
  ],
  INVALID_LEVERAGE: [
    {
      said: said('the leverage must be a whole number from 1 to #, not #'),
      words: ([max = '']) => t`The leverage must be a whole number from 1 to ${max}.`,
    },
  ],
  LEVERAGE_DIFFERS: [
    {
      said: said('this account trades the asset with a leverage of #; change the setting.*'),
      words: ([leverage = '']) =>
        t`This account trades the market with a leverage of ${leverage}. Change it first.`,
    },
  ],
  LIQUIDATED_AT_ONCE: [
    {
      said: said(
        'the position would be liquidated immediately: its liquidation price is # and it could be closed at # now; use a lower leverage',
      ),
      words: ([liquidation = '', now = '']) =>
        t`The position would be liquidated immediately: its liquidation price is ${liquidation}, and it could be closed at ${now} now. Use a lower leverage.`,
    },
  ],
  TOO_MANY_POSITIONS: [
    {
      said: said('this account has reached its limit of # open positions'),
      words: ([limit = '']) => t`This account has reached its limit of ${limit} open positions.`,
    },
  ],
  TOO_MANY_ORDERS: [
    {
      said: said('this account has reached its limit of # open orders'),
      words: ([limit = '']) => t`This account has reached its limit of ${limit} open orders.`,
    },
  ],
  BELOW_MIN_QUANTITY: [
    {
      said: said('the quantity must be at least #'),
      words: ([min = '']) => t`The quantity must be at least ${min}.`,
    },
  ],
  BELOW_MIN_NOTIONAL: [
    {
      said: said('the order is worth # USD, less than the minimum of # USD'),
      words: ([worth = '', min = '']) =>
        t`The order is worth ${worth} USD, less than the minimum of ${min} USD.`,
    },
  ],
  QUANTITY_OFF_STEP: [
    {
      said: said('the quantity must be a multiple of #'),
      words: ([step = '']) => t`The quantity must be a multiple of ${step}.`,
    },
  ],
  PRICE_OFF_TICK: [
    {
      said: said('the price # is not a multiple of #'),
      words: ([price = '', tick = '']) => t`The price ${price} is not a multiple of ${tick}.`,
    },
  ],
  POSITION_TOO_LARGE: [
    {
      said: said(
        'with a leverage of # a position may be worth up to # USD; this one would be worth # USD',
      ),
      words: ([leverage = '', max = '', worth = '']) =>
        t`With a leverage of ${leverage} a position may be worth up to ${max} USD; this one would be worth ${worth} USD.`,
    },
  ],
  OPEN_INTEREST_CAP: [
    {
      said: said('all positions on one side together may have a quantity of up to #'),
      words: ([cap = '']) =>
        t`All positions on one side together may have a quantity of up to ${cap}.`,
    },
  ],
  MARGIN_TOO_LOW: [
    {
      said: said('a margin of # USD would be left, but the leverage asks for # USD'),
      words: ([left = '', needed = '']) =>
        t`A margin of ${left} USD would be left, but the leverage asks for ${needed} USD.`,
    },
  ],
  PRICE_LIMIT_EXCEEDED: [
    {
      said: said('the price is #, beyond the limit of #'),
      words: ([price = '', limit = '']) => t`The price is ${price}, beyond the limit of ${limit}.`,
    },
  ],
  STOP_LOSS_WRONG_SIDE: [
    {
      said: said('a stop-loss at # is on the wrong side of #'),
      words: ([stop = '', price = '']) =>
        t`A stop-loss at ${stop} is on the wrong side of ${price}.`,
    },
  ],
  STOP_LOSS_BEYOND_LIQUIDATION: [
    {
      said: said('a stop-loss at # is beyond the liquidation price #'),
      words: ([stop = '', liquidation = '']) =>
        t`A stop-loss at ${stop} is beyond the liquidation price ${liquidation}.`,
    },
  ],
  TAKE_PROFIT_WRONG_SIDE: [
    {
      said: said('a take-profit at # is on the wrong side of #'),
      words: ([take = '', price = '']) =>
        t`A take-profit at ${take} is on the wrong side of ${price}.`,
    },
  ],
  WOULD_TRIGGER: [
    {
      said: said('the trigger price # is reached already: the price is #'),
      words: ([trigger = '', price = '']) =>
        t`The trigger price ${trigger} is reached already: the price is ${price}.`,
    },
  ],
  WOULD_TAKE: [
    {
      said: said('a post-only order at # would trade at once: the price is #'),
      words: ([limit = '', price = '']) =>
        t`A post-only order at ${limit} would trade at once: the price is ${price}.`,
    },
  ],
  NOT_TRADING: [
    {
      said: said('trading in this asset is halted'),
      words: () => t`Trading in this market is halted.`,
    },
    {
      said: said('only orders that reduce a position are accepted in this asset'),
      words: () => t`Only orders that reduce a position are accepted in this market.`,
    },
  ],
  ORDER_ALREADY_DONE: [
    { said: said('the order is filled already'), words: () => t`The order is filled already.` },
    { said: said('the order is canceled already'), words: () => t`The order is canceled already.` },
    { said: said('the order is expired already'), words: () => t`The order is expired already.` },
  ],
  INVALID_RESET_BALANCE: [
    {
      said: said('an account can be reset to a balance from # to # USD'),
      words: ([least = '', most = '']) =>
        t`An account can be reset to a balance from ${least} to ${most} USD.`,
    },
  ],
  TOO_MANY_ACCOUNTS: [
    {
      said: said('you can have # open accounts.*'),
      words: ([limit = '']) =>
        t`You can have ${limit} open accounts. Close one, or reset one to begin again.`,
    },
    {
      said: said('you can have # accounts, closed ones included.*'),
      words: ([limit = '']) =>
        t`You can have ${limit} accounts, closed ones included. Reset one to begin again.`,
    },
  ],
  TOO_MANY_API_KEYS: [
    {
      said: said('the account already has # API keys.*'),
      words: ([count = '']) => t`The account already has ${count} API keys. Delete one first.`,
    },
  ],
  TOO_MANY_REQUESTS: [
    {
      said: said('too many requests. Try again in # seconds?'),
      words: ([wait]) => {
        const seconds = Number(wait)
        return plural(seconds, {
          one: 'Too many requests. Try again in # second.',
          other: 'Too many requests. Try again in # seconds.',
        })
      },
    },
  ],
  TOO_MANY_ATTEMPTS: [
    {
      said: said('too many attempts. Try again in # seconds?'),
      words: ([wait]) => {
        const seconds = Number(wait)
        return plural(seconds, {
          one: 'Too many attempts. Try again in # second.',
          other: 'Too many attempts. Try again in # seconds.',
        })
      },
    },
  ],
}

/** Problems of fields, which the server says as the end of a sentence. */
const PROBLEMS: Readonly<Record<string, () => string>> = {
  'is required': () => t`Is required`,
  'is out of range': () => t`Out of range`,
  'must be above zero': () => t`Must be above zero`,
  'must be a valid email address': () => t`Enter a valid email address`,
  'must be a phone number of 7 to 15 digits': () => t`Enter a phone number of 7 to 15 digits`,
  'must start with the country code, without the 0 of national calls, as in +49 30 1234567': () =>
    t`Must start with the country code, without the 0 of national calls, as in +49 30 1234567`,
  'must have 8 to 128 characters': () => t`Use 8 to 128 characters`,
  'is too easy to guess; choose another': () => t`Too easy to guess; choose another`,
  'must not be your email address': () => t`Must differ from your email address`,
  'must have 1 to 64 characters and no control characters': () =>
    t`Use 1 to 64 characters, and no control characters`,
  'is neither an address nor a network': () => t`Is neither an address nor a network`,
}

/** Returns the sentence of an error in a language; null where the server's own is to be shown. */
export function serverWords(code: string, message: string, of: Locale = ofPage): string | null {
  if (of === 'en') return null
  for (const { said: pattern, words } of DETAILED[code] ?? []) {
    const found = pattern.exec(message)
    if (found) return words(found.slice(1).map((number) => inNotation(number, of)))
  }
  return PLAIN[code]?.() ?? null
}

/** The codes whose problems are worded for each field, and not one for all. */
const BY_FIELD = new Set(['VALIDATION', 'INVALID_ORDER'])

/** Returns the problem of a field in a language, likewise. */
export function fieldWords(code: string, problem: string, of: Locale = ofPage): string | null {
  if (of === 'en') return null
  if (BY_FIELD.has(code)) return PROBLEMS[problem]?.() ?? null
  return serverWords(code, problem, of)?.replace(/[.。]$/, '') ?? null
}
