/** Messages between the tabs of a browser, which share one cookie and therefore one session. */

import { load, onSaved, save } from '@/storage'

const NAME = 'session'

// Browsers from before 2022 lack it and use storage events instead.
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)

type Word = { userId: string | null; at: number; isRegistered?: boolean }

const isWord = (value: unknown): value is Word =>
  typeof value === 'object' && value !== null && 'userId' in value

/** Tells other tabs which user is signed in now, null after sign-out, and if a guest has registered. */
export function tellTabs(userId: string | null, isRegistered = false): void {
  const word: Word = { userId, at: Date.now(), isRegistered }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  if (channel) channel.postMessage(word)
  else save(NAME, word)
}

/** Calls back when another tab signs in or out. */
export function hearTabs(listener: (userId: string | null, isRegistered: boolean) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isWord(data)) listener(data.userId, data.isRegistered === true)
  })
  onSaved(NAME, () => {
    const word = load(NAME, (value): value is Word | null => isWord(value), null)
    if (word) listener(word.userId, word.isRegistered === true)
  })
}
