/** What the tabs of a browser tell each other: they share one cookie, and so one session. */

import { load, onSaved, save } from '@/storage'

const NAME = 'session'

// Missing in browsers of before 2022, where storage has to do.
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)

type Word = { userId: string | null; at: number }

const isWord = (value: unknown): value is Word =>
  typeof value === 'object' && value !== null && 'userId' in value

/** Who is signed in from now on; null for nobody. */
export function tellTabs(userId: string | null): void {
  const word: Word = { userId, at: Date.now() }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  if (channel) channel.postMessage(word)
  else save(NAME, word)
}

/** Hears what other tabs tell. */
export function hearTabs(listener: (userId: string | null) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isWord(data)) listener(data.userId)
  })
  onSaved(NAME, () => {
    const word = load(NAME, (value): value is Word | null => isWord(value), null)
    if (word) listener(word.userId)
  })
}
