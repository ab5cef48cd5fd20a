/** The prices of an order of each kind: what was typed, what is sent, where it fills. Pure. */

import { select, t } from '@lingui/core/macro'
import type { OrderKind, PlaceRequest, TimeInForce } from '@/api/schema'
import { parse, print, SCALE } from '@/decimal'
import * as format from '@/format'
import { readExpiry, timeOf } from '@/features/ticket/time-in-force'
import type { AssetInfo } from '@/markets'
import { openPrice, type Quote, type Side } from '@/rules'
import type { TimeZone } from '@/settings'
import { KIND_NAMES } from '@/trading/orders'
import { readAbove } from '@/trading/read-amount'
import { tickProblem } from '@/trading/steps'

/** The kinds that the form offers. A stop whose trigger lies the other way is sent as a take-profit. */
export const KINDS = ['MARKET', 'LIMIT', 'STOP_MARKET', 'STOP', 'TRAILING_STOP_MARKET'] as const
export type Kind = (typeof KINDS)[number]

/** The fields of the form that a kind may have. */
export type TermsDraft = {
  orderType: Side
  kind: Kind
  priceText: string
  /** The trigger price; of a trailing stop the activation price. */
  triggerText: string
  /** The distance of a trailing stop, in per cent. */
  callbackText: string
  timeInForce: TimeInForce
  /** The end of a `GTD` order, as a field for date and time has it. */
  expiresText: string
}

export type TermsField = 'price' | 'triggerPrice' | 'callbackBps' | 'expiresAt'

export type Terms = {
  /** The price at which the order is expected to fill; null while a price is missing or wrong. */
  entry: bigint | null
  /** Whether it fills when it arrives. */
  isImmediate: boolean
  problems: Partial<Record<TermsField, string>>
  request: Pick<
    PlaceRequest,
    'type' | 'price' | 'triggerPrice' | 'callbackBps' | 'timeInForce' | 'expiresAt'
  > | null
  /** What the order is: a stop whose trigger lies the other way is a take-profit. */
  type: OrderKind
  /** A sentence that says when the order fills, also while its limit price is missing. */
  words: string | null
}

/** The time, and the zone in which times are typed. */
export type Clock = { now: number; zone: TimeZone }

export const hasPrice = (kind: Kind): boolean => kind === 'LIMIT' || kind === 'STOP'
export const hasTrigger = (kind: Kind): boolean => kind !== 'MARKET' && kind !== 'LIMIT'

/** Reads the prices of an order. `reached` has the prices that reach triggers. */
export function readTerms(
  draft: TermsDraft,
  info: AssetInfo,
  quote: Quote,
  reached: Quote,
  clock: Clock,
): Terms {
  const terms = readPrices(draft, info, quote, reached)
  if (timeOf(draft) !== 'GTD') return terms
  const expiry = readExpiry(draft.expiresText, clock)
  if (expiry.problem !== null) {
    return { ...terms, problems: { ...terms.problems, expiresAt: expiry.problem }, request: null }
  }
  const { request } = terms
  if (request === null || expiry.at === null) return { ...terms, request: null }
  return { ...terms, request: { ...request, timeInForce: 'GTD', expiresAt: expiry.at } }
}

function readPrices(draft: TermsDraft, info: AssetInfo, quote: Quote, reached: Quote): Terms {
  switch (draft.kind) {
    case 'MARKET':
      return {
        entry: openPrice(draft.orderType, quote),
        isImmediate: true,
        problems: {},
        request: { type: 'MARKET' },
        type: 'MARKET',
        words: null,
      }
    case 'LIMIT':
      return readLimit(draft, info, quote)
    case 'TRAILING_STOP_MARKET':
      return readTrailing(draft, info, quote)
    default:
      return readStop(draft, info, reached)
  }
}

function readLimit(draft: TermsDraft, info: AssetInfo, quote: Quote): Terms {
  const { asset } = info
  const price = readPrice(draft.priceText, info)
  if (typeof price !== 'bigint') return unread('LIMIT', { price })
  const isBuy = draft.orderType === 'LONG'
  const market = openPrice(draft.orderType, quote)
  const isImmediate = isBuy ? price >= market : price <= market
  const at = format.price(asset, market)
  if (isImmediate && draft.timeInForce === 'GTX') {
    return unread('LIMIT', {
      price: isBuy ? t`Would fill at once: the ask, ${at}` : t`Would fill at once: the bid, ${at}`,
    })
  }
  return {
    // The house's quote is better than the limit.
    entry: isImmediate ? market : price,
    isImmediate,
    problems: {},
    request: { type: 'LIMIT', price: print(price), timeInForce: draft.timeInForce },
    type: 'LIMIT',
    words: limitWords(draft, isImmediate, at),
  }
}

/** Says what becomes of a limit order at once, with the price that it meets; null if it rests. */
function limitWords(
  { orderType, timeInForce }: TermsDraft,
  isImmediate: boolean,
  at: string,
): string | null {
  const isBuy = orderType === 'LONG'
  if (isImmediate) {
    return isBuy ? t`Fills at once at the ask, ${at}` : t`Fills at once at the bid, ${at}`
  }
  if (timeInForce !== 'IOC' && timeInForce !== 'FOK') return null
  return isBuy
    ? t`Expires at once: the price does not reach the ask, ${at}`
    : t`Expires at once: the price does not reach the bid, ${at}`
}

function readStop(draft: TermsDraft, info: AssetInfo, reached: Quote): Terms {
  const { orderType, kind, triggerText, priceText, timeInForce } = draft
  const trigger = readPrice(triggerText, info)
  const limit = kind === 'STOP' ? readPrice(priceText, info) : null
  const isBuy = orderType === 'LONG'
  const now = openPrice(orderType, reached)
  const isRead = typeof trigger === 'bigint'
  const isRising = isRead && trigger > now
  const type = (kind === 'STOP' ? LIMIT_KINDS : MARKET_KINDS)[isRising === isBuy ? 0 : 1]
  if (!isRead || trigger === now) {
    return unread(kind, {
      triggerPrice: isRead ? t`Is reached already` : trigger,
      ...(typeof limit === 'string' ? { price: limit } : {}),
    })
  }
  const quoted = info.triggerPrice === 'MARK' ? 'mark' : isBuy ? 'ask' : 'bid'
  const words = stopWords(type, quoted, isRising, format.price(info.asset, trigger))
  if (limit !== null && typeof limit !== 'bigint') {
    return { ...unread(type, { price: limit }), words }
  }
  return {
    entry: limit ?? trigger,
    isImmediate: false,
    problems: {},
    request: {
      type,
      triggerPrice: print(trigger),
      ...(limit === null ? {} : { price: print(limit), timeInForce }),
    },
    type,
    words,
  }
}

/** Says what a stop is, which its trigger decides, and when it is triggered. */
function stopWords(
  type: OrderKind,
  quoted: 'mark' | 'ask' | 'bid',
  isRising: boolean,
  price: string,
): string {
  const kind = KIND_NAMES[type]
  return isRising
    ? select(quoted, {
        mark: `${kind}: triggers when the mark price rises to ${price}`,
        ask: `${kind}: triggers when the ask rises to ${price}`,
        other: `${kind}: triggers when the bid rises to ${price}`,
      })
    : select(quoted, {
        mark: `${kind}: triggers when the mark price falls to ${price}`,
        ask: `${kind}: triggers when the ask falls to ${price}`,
        other: `${kind}: triggers when the bid falls to ${price}`,
      })
}

const MARKET_KINDS = ['STOP_MARKET', 'TAKE_PROFIT_MARKET'] as const
const LIMIT_KINDS = ['STOP', 'TAKE_PROFIT'] as const

function readTrailing(draft: TermsDraft, info: AssetInfo, quote: Quote): Terms {
  const bps = readCallback(draft.callbackText)
  const isActivated = draft.triggerText.trim() === ''
  const activation = isActivated ? null : readPrice(draft.triggerText, info)
  if (typeof bps !== 'number' || (activation !== null && typeof activation !== 'bigint')) {
    return unread('TRAILING_STOP_MARKET', {
      ...(typeof bps === 'number' ? {} : { callbackBps: bps }),
      ...(typeof activation === 'bigint' || activation === null
        ? {}
        : { triggerPrice: activation }),
    })
  }
  const isBuy = draft.orderType === 'LONG'
  const percent = format.bps(bps)
  const from = activation === null ? null : format.price(info.asset, activation)
  return {
    entry: activation ?? openPrice(draft.orderType, quote),
    isImmediate: false,
    problems: {},
    request: {
      type: 'TRAILING_STOP_MARKET',
      callbackBps: bps,
      ...(activation === null ? {} : { triggerPrice: print(activation) }),
    },
    type: 'TRAILING_STOP_MARKET',
    words: trailingWords(isBuy, percent, from),
  }
}

/** Says when a trailing stop fills, once an activation price is reached if there is one. */
function trailingWords(isBuy: boolean, percent: string, from: string | null): string {
  if (from === null) {
    return isBuy
      ? t`Fills when the ask has risen ${percent} from its lowest`
      : t`Fills when the bid has fallen ${percent} from its highest`
  }
  return isBuy
    ? t`Fills when the ask has risen ${percent} from its lowest after ${from} is reached`
    : t`Fills when the bid has fallen ${percent} from its highest after ${from} is reached`
}

/** A price or a problem; undefined for an empty field, which is a problem only once it is sent. */
function readPrice(text: string, info: AssetInfo): bigint | string | undefined {
  if (text.trim() === '') return undefined
  const { value, problem } = readAbove(text)
  if (value === null) return problem
  return tickProblem(info, value) ?? value
}

/** The callback in basis points, 0.1 to 10 %. */
function readCallback(text: string): number | string | undefined {
  if (text.trim() === '') return undefined
  const parsed = parse(text.replace(/%\s*$/, ''))
  if (!parsed.ok) return format.capitalized(parsed.problem)
  const bps = (parsed.value * 100n) / SCALE
  const isExact = bps * SCALE === parsed.value * 100n
  return isExact && bps >= 10n && bps <= 1000n ? Number(bps) : t`Enter 0.1 to 10 %, to 0.01 %`
}

function unread(type: OrderKind, problems: { [field in TermsField]?: string | undefined }): Terms {
  const known = Object.entries(problems).filter(([, problem]) => problem !== undefined)
  return {
    entry: null,
    isImmediate: false,
    problems: Object.fromEntries(known) as Terms['problems'],
    request: null,
    type,
    words: null,
  }
}
