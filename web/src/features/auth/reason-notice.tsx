import type { SignInReason } from '@/paths'
import { Notice } from '@/ui/notice'

const WORDS: Record<SignInReason, string> = {
  'session-over': 'Your session is over. Sign in again, and you are back where you were.',
  'signed-out': 'You are signed out, here and everywhere else.',
  'link-expired': 'This link was used already, or is too old. Ask for a new one.',
  'link-invalid': 'This link is not complete. Open it from the mail again, or ask for a new one.',
  unavailable: 'The link could not be checked just now. Try it again in a moment.',
}

/** Why one is at the sign-in page, if there is a reason. */
export function ReasonNotice({ reason }: { reason: string | null }) {
  if (!isReason(reason)) return null
  return <Notice tone={reason === 'signed-out' ? 'success' : 'info'}>{WORDS[reason]}</Notice>
}

const isReason = (text: string | null): text is SignInReason =>
  text !== null && Object.hasOwn(WORDS, text)
