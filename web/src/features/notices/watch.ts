import { watchOutages } from '@/features/notices/outages'
import { startSync } from '@/features/notices/sync'

/** Fills the notices in and notes outages. Loaded after the page. */
export function watch(): () => void {
  const ends = [startSync(), watchOutages()]
  return () => {
    for (const end of ends) end()
  }
}
