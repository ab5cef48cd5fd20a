import { t } from '@lingui/core/macro'
import { parse } from '@/decimal'
import * as format from '@/format'

/** An amount, or the problem with its text. */
export type AmountRead = { value: bigint; problem?: never } | { value: null; problem: string }

/** Reads an amount above zero. */
export function readAbove(text: string): AmountRead {
  const parsed = parse(text)
  if (!parsed.ok) return { value: null, problem: format.capitalized(parsed.problem) }
  return parsed.value > 0n
    ? { value: parsed.value }
    : { value: null, problem: t`Must be above zero` }
}
