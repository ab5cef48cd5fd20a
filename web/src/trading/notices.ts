/**
 * The notices of an account: what happened to it, kept in this browser. `notify()` may be called from
 * anywhere. `features/notices` shows them, and fills in what was missed.
 */

import type { Asset } from '@/markets'
import { randomId } from '@/random-id'
import { load, onSaved, save } from '@/storage'
import { createStore } from '@/store'
import { type Sound, signal } from '@/trading/signal'
import { toast } from '@/ui/toast'

export const NOTICE_KINDS = [
  'fill',
  'close',
  'exit',
  'liquidation',
  'order',
  'margin',
  'funding',
  'alert',
  'connection',
] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

export type NoticeTone = 'success' | 'error' | 'warning' | 'info'

export type Notice = {
  id: string
  kind: NoticeKind
  tone: NoticeTone
  title: string
  detail: string
  asset: Asset | null
  /** Unix ms. */
  time: number
  isRead: boolean
}

export type Notices = {
  /** Newest first. */
  list: readonly Notice[]
  /** The time up to which the server's records are among them, Unix ms; null before the first look. */
  syncedTo: number | null
}

/** The number of notices that are kept. */
const KEPT_MAX = 200

const NOTHING: Notices = { list: [], syncedTo: null }

export const notices = createStore<Notices>(NOTHING)

let owner: string | null = null

const keyOf = (account: string) => `notices.${account}`

const isSaved = (value: unknown): value is Notices =>
  typeof value === 'object' && value !== null && 'list' in value && Array.isArray(value.list)

/** Shows the notices of an account. Returns a function that ends it. */
export function openNotices(account: string): () => void {
  owner = account
  const read = () => notices.set(load(keyOf(account), isSaved, NOTHING))
  read()
  const leave = onSaved(keyOf(account), read)
  return () => {
    leave()
    owner = null
    notices.set(NOTHING)
  }
}

export type News = {
  kind: NoticeKind
  tone: NoticeTone
  title: string
  detail?: string
  asset?: Asset | null
  /** The same event has the same id, from whichever tab it is told. */
  id?: string
  time?: number
  /** The sound to play; none by default. */
  sound?: Sound | null
  /** Whether the user sees it at once, as a toast and, if the page is hidden, from the system. */
  isQuiet?: boolean
}

/** Keeps a notice and shows it, unless the same one was kept before. */
export function notify(news: News): void {
  const [notice] = keepNotices([news])
  if (!notice || news.isQuiet) return
  toast(notice.tone, notice.title, notice.detail)
  signal({ title: notice.title, detail: notice.detail, sound: news.sound ?? null, isUrgent: true })
}

/**
 * Keeps notices without showing them; those from before a time count as read. Returns those that are
 * new.
 */
export function keepNotices(
  news: readonly News[],
  change: { syncedTo?: number; readBefore?: number } = {},
): readonly Notice[] {
  const { readBefore = 0, syncedTo } = change
  // Another tab may have written since.
  const before = owner === null ? notices.get() : load(keyOf(owner), isSaved, NOTHING)
  const known = new Set(before.list.map(({ id }) => id))
  const added = news.map((each) => noticeOf(each, readBefore)).filter(({ id }) => !known.has(id))
  if (added.length === 0 && syncedTo === undefined) return added
  const list = [...added, ...before.list].toSorted((a, b) => b.time - a.time).slice(0, KEPT_MAX)
  write({ list, syncedTo: syncedTo ?? before.syncedTo })
  return added
}

/** Marks a notice as read, or all of them. */
export function markRead(id?: string): void {
  const { list, syncedTo } = notices.get()
  const read = list.map((each) =>
    id === undefined || each.id === id ? { ...each, isRead: true } : each,
  )
  write({ list: read, syncedTo })
}

export function unreadOf({ list }: Notices): number {
  return list.filter(({ isRead }) => !isRead).length
}

function noticeOf(news: News, readBefore: number): Notice {
  const { id = randomId(), kind, tone, title, detail = '', asset = null, time = Date.now() } = news
  return { id, kind, tone, title, detail, asset, time, isRead: time < readBefore }
}

function write(next: Notices): void {
  notices.set(next)
  if (owner !== null) save(keyOf(owner), next)
}
