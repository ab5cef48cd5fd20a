/** Messages between the tabs of a browser, which share one cookie and therefore one session. */

import { load, onSaved, save } from '@/storage'

const NAME = 'session'

// Browsers from before 2022 lack it and use storage events instead.
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)

type Word = { userId: string | null; at: number }

const isWord = (value: unknown): value is Word =>
  typeof value === 'object' && value !== null && 'userId' in value

/** Tells other tabs which user is signed in now; null after sign-out. */
export function tellTabs(userId: string | null): void {
  const word: Word = { userId, at: Date.now() }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  if (channel) channel.postMessage(word)
  else save(NAME, word)
}

/** Calls back when another tab signs in or out. */
export function hearTabs(listener: (userId: string | null) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isWord(data)) listener(data.userId)
  })
  onSaved(NAME, () => {
    const word = load(NAME, (value): value is Word | null => isWord(value), null)
    if (word) listener(word.userId)
  })
}
