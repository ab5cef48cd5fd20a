import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, engineAway } from '@/api/client'
import { connection, type Connection } from '@/live/connection'
import { useStore } from '@/store'

/** How often the engine is asked whether it is there, and while it is not. */
const LOOK_MS = 15_000
const AWAY_LOOK_MS = 2_000
/** Shorter breaks are not worth a line that comes and goes. */
const PATIENCE_MS = 2_000

/** Says across the page what does not work, and what that means for one's positions. */
export function TroubleBanner() {
  const isEngineAway = useStore(engineAway)
  const trouble = useLasting(troubleOf(useStore(connection), isEngineAway))
  useQuery({
    queryKey: ['engine'],
    queryFn: () => api.balance(),
    refetchInterval: isEngineAway ? AWAY_LOOK_MS : LOOK_MS,
    retry: false,
  })
  if (!trouble) return null
  return (
    <p
      role="alert"
      data-testid="trouble"
      className="flex shrink-0 items-center justify-center gap-2 bg-warn-tint px-3 py-1.5 text-center text-xs text-warn"
    >
      <TriangleAlert size={14} className="shrink-0" aria-hidden />
      {trouble}
    </p>
  )
}

function troubleOf({ socket, feed, message }: Connection, isEngineAway: boolean): string | null {
  if (isEngineAway) {
    return 'Orders are not taken at the moment. Open positions are kept, and watched again as soon as the engine is back.'
  }
  if (socket === 'waiting') return 'The connection is lost. Prices stand still; trying again.'
  if (socket === 'open' && feed === 'stale') {
    return `Prices have stopped: ${message || 'the feed is silent'}. Orders are refused until they move.`
  }
  return null
}

/** A text once it has been there for a while; its end at once. */
function useLasting(text: string | null): string | null {
  const [lasting, setLasting] = useState<string | null>(null)
  useEffect(() => {
    const timer = setTimeout(() => setLasting(text), text === null ? 0 : PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return text === null ? null : lasting
}
