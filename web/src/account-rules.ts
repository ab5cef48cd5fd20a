/**
 * The gateway's rules for an account's fields, checked before anything is sent. Every value that
 * the gateway accepts passes here. Checks that only the gateway can make, such as the list of
 * common passwords, arrive in its response.
 */

import { t } from '@lingui/core/macro'

type Problem = string | null

const EMAIL_BYTES_MAX = 254
const PHONE_DIGITS = { min: 7, max: 15 }
const PASSWORD_CHARS = { min: 8, max: 128 }

export function emailProblem(text: string): Problem {
  const email = text.trim()
  const at = email.lastIndexOf('@')
  const isLong = new TextEncoder().encode(email).length > EMAIL_BYTES_MAX
  const isAddress = at > 0 && /^[^\s@]+$/.test(email.slice(at + 1))
  return isAddress && !isLong ? null : t`Enter a valid email address`
}

/** A phone number is optional. */
export function phoneProblem(text: string): Problem {
  if (text.trim() === '') return null
  const digits = text
    .trim()
    .replace(/^\+/, '')
    .replaceAll(/[ ().-]/g, '')
  const isNumber =
    /^\d*[1-9]\d*$/.test(digits) &&
    digits.length >= PHONE_DIGITS.min &&
    digits.length <= PHONE_DIGITS.max
  return isNumber ? null : t`Enter a phone number of 7 to 15 digits`
}

export function passwordProblem(password: string, email: string): Problem {
  const chars = [...password.toLowerCase()]
  if (chars.length < PASSWORD_CHARS.min || chars.length > PASSWORD_CHARS.max) {
    return t`Use 8 to 128 characters`
  }
  if (new Set(chars).size === 1) {
    return t`Too easy to guess; choose another`
  }
  const lower = email.trim().toLowerCase()
  const name = lower.split('@')[0]
  const isEmail = lower !== '' && [lower, name].includes(password.toLowerCase())
  return isEmail ? t`Must differ from your email address` : null
}
