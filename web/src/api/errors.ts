/** Errors and the sentences shown for them. The only place where failures become text. */

import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { fieldWords, serverWords } from '@/api/server-words'
import { capitalized } from '@/format'

/** An error response of the API, or the lack of a response. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  /** The problem of each invalid field, as the end of a sentence that starts with its name. */
  readonly fields: Readonly<Record<string, string>>
  readonly retryAfterS: number | null

  constructor(
    status: number,
    code: string,
    message: string,
    fields: Record<string, string> = {},
    retryAfterS: number | null = null,
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
    this.retryAfterS = retryAfterS
  }

  /** Reports whether the outcome is unknown; the request may be repeated with the same key. */
  get isUncertain(): boolean {
    return this.status === 504 || this.code === 'NETWORK'
  }
}

/** Returns the server's problem with one field, to be shown at that field. */
export function fieldProblem(error: unknown, field: string): string | null {
  const problem = error instanceof ApiError ? error.fields[field] : undefined
  return problem ? capitalized(problem) : null
}

/**
 * Reports whether the fields of a form show all of an error. A refusal may be about a field that the
 * form doesn't have, or not show at present; the form then shows its sentence.
 */
export function isAtFields(error: unknown, shown: readonly string[]): boolean {
  const fields = error instanceof ApiError ? Object.keys(error.fields) : []
  return fields.length > 0 && fields.every((field) => shown.includes(field))
}

/** Sentences for rejected orders, written for a trader who has just pressed a button. */
const SENTENCES: Readonly<Record<string, MessageDescriptor>> = {
  PRICE_LIMIT_EXCEEDED: msg`The price moved beyond your limit, so nothing was traded. Check the price and try again.`,
  PRICE_DISPUTED: msg`The price is being checked. Opening and closing are paused; try again shortly.`,
  STALE_PRICE: msg`The last price is too old, so nothing was traded. Try again when prices update.`,
  CLOCK_AHEAD: msg`New orders are paused because the server clocks disagree. Try again shortly.`,
  ORDER_CLOSED_EARLIER: msg`This order was already opened and closed. It was not repeated.`,
}

export function sentence(error: unknown): string {
  if (!(error instanceof ApiError)) return t`Something went wrong. Reload the page.`
  const known = SENTENCES[error.code]
  return known ? i18n._(known) : error.message
}

/** Builds the error from a response that is not a success. */
export function errorOf(response: Response, body: unknown): ApiError {
  const { code: said, error, fields } = isRecord(body) ? body : {}
  const code = typeof said === 'string' ? said : 'UNKNOWN'
  const message = typeof error === 'string' ? error : fallback(response.status)
  const problems = Object.entries(isRecord(fields) ? fields : {}).map(([field, problem]) => [
    field,
    fieldWords(code, String(problem)) ?? String(problem),
  ])
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(
    response.status,
    code,
    serverWords(code, message) ?? message,
    Object.fromEntries(problems),
    Number.isFinite(retryAfter) ? retryAfter : null,
  )
}

function fallback(status: number): string {
  if (status === 429) return t`Too many requests. Try again shortly.`
  // Sent by a proxy whose upstream did not respond.
  if (status >= 502) return t`Velox is unavailable. Try again shortly.`
  return t`The server returned an error (${status}).`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
