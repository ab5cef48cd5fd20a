import type { SignInReason } from '@/paths'
import { Notice } from '@/ui/notice'

const WORDS: Record<SignInReason, string> = {
  'session-over': 'Your session has expired. Sign in again to continue.',
  'signed-out': 'You are signed out on all devices.',
  'link-expired': 'This link has expired or was already used. Request a new one.',
  'link-invalid': 'This link is incomplete. Open it again from the email, or request a new one.',
  unavailable: 'The link could not be checked. Try it again shortly.',
}

/** The reason for which the user was sent to the sign-in page, if any. */
export function ReasonNotice({ reason }: { reason: string | null }) {
  if (!isReason(reason)) return null
  return <Notice tone={reason === 'signed-out' ? 'success' : 'info'}>{WORDS[reason]}</Notice>
}

const isReason = (text: string | null): text is SignInReason =>
  text !== null && Object.hasOwn(WORDS, text)
