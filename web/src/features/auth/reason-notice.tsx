import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { SignInReason } from '@/paths'
import { Notice } from '@/ui/notice'

const REASONS: Record<SignInReason, MessageDescriptor> = {
  'session-over': msg`Your session has expired. Sign in again to continue.`,
  'signed-out': msg`You are signed out on all devices.`,
  'link-expired': msg`This link has expired or was already used. Request a new one.`,
  'link-invalid': msg`This link is incomplete. Open it again from the email, or request a new one.`,
  unavailable: msg`The link could not be checked. Try it again shortly.`,
}

/** The reason for which the user was sent to the sign-in page, if any. */
export function ReasonNotice({ reason }: { reason: string | null }) {
  if (!isReason(reason)) return null
  return (
    <Notice tone={reason === 'signed-out' ? 'success' : 'info'}>{i18n._(REASONS[reason])}</Notice>
  )
}

const isReason = (text: string | null): text is SignInReason =>
  text !== null && Object.hasOwn(REASONS, text)
