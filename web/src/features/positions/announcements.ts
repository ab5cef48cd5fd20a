import type * as Announce from '@/features/positions/announce'

type Announcements = typeof Announce

/** Runs with the announcements, which the page loads after its first view, in the order of the calls. */
export function announce(run: (announcements: Announcements) => void): void {
  void import('@/features/positions/announce').then(run)
}
