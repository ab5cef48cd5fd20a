/** What went wrong, as something to show. The one place where failures become words. */

/** The API's answer to a request that it did not carry out. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  /** What was wrong with which field, as the end of a sentence that begins with its name. */
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

  /** Nobody knows whether it was carried out; the same request, with its key, may be sent again. */
  get isUncertain(): boolean {
    return this.status === 504 || this.code === 'NETWORK'
  }
}

/** What the field alone says, beside it. */
export function fieldProblem(error: unknown, field: string): string | null {
  const problem = error instanceof ApiError ? error.fields[field] : undefined
  return problem ? problem.charAt(0).toUpperCase() + problem.slice(1) : null
}

/** For refusals about the price of the moment, in words for who has just pressed a button. */
const SENTENCES: Readonly<Record<string, string>> = {
  PRICE_LIMIT_EXCEEDED:
    'The price has moved beyond your limit. Nothing was done; look at it again.',
  PRICE_DISPUTED:
    'The price is being checked, and nothing is opened or closed meanwhile. Try again soon.',
  STALE_PRICE: 'The last price is too old to trade at. Nothing was done; try again when it moves.',
  CLOCK_AHEAD:
    'The clocks of the servers disagree, and orders wait until they agree. Try again soon.',
  ORDER_CLOSED_EARLIER: 'This order was opened and closed earlier. Nothing was done again.',
}

export function sentence(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong on this page. Reload it.'
  return SENTENCES[error.code] ?? error.message
}

/** Reads the body of an answer that is no success. */
export function errorOf(response: Response, body: unknown): ApiError {
  const { code, error, fields } = isRecord(body) ? body : {}
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(
    response.status,
    typeof code === 'string' ? code : 'UNKNOWN',
    typeof error === 'string' ? error : fallback(response.status),
    isRecord(fields)
      ? Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, String(v)]))
      : {},
    Number.isFinite(retryAfter) ? retryAfter : null,
  )
}

function fallback(status: number): string {
  if (status === 429) return 'Too many requests.'
  // A proxy answered, because nothing behind it did.
  if (status >= 502) return 'Velox can’t be reached at the moment.'
  return `The server answered with an error (${status}).`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
