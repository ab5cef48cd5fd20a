import { t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, engineAway } from '@/api/client'
import { connection, type Connection } from '@/live/connection'
import { useIsVisitor } from '@/session'
import { useStore } from '@/store'

/** The intervals at which the engine is probed while available and while unavailable. */
const LOOK_MS = 15_000
const AWAY_LOOK_MS = 2_000
/** Shorter outages are not shown, because the banner would flicker. */
const PATIENCE_MS = 2_000

/** A banner for outages, with their consequences for open positions. */
export function TroubleBanner() {
  const isEngineAway = useStore(engineAway)
  const isVisitor = useIsVisitor()
  const trouble = useLasting(troubleOf(useStore(connection), isEngineAway))
  useQuery({
    queryKey: ['engine'],
    queryFn: () => api.balance(),
    refetchInterval: isEngineAway ? AWAY_LOOK_MS : LOOK_MS,
    retry: false,
    // Visitors have no balance to ask for.
    enabled: !isVisitor,
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
    return t`Orders are not accepted right now. Open positions are kept, and monitored again as soon as the engine is back.`
  }
  if (socket === 'waiting') return t`Connection lost. Prices are stale; reconnecting…`
  if (socket === 'open' && feed === 'stale') {
    return message
      ? t`Prices have stopped: ${message}. Orders are rejected until they resume.`
      : t`Prices have stopped: no data from the feed. Orders are rejected until they resume.`
  }
  return null
}

/** Returns a text once it has lasted for a while, and null as soon as it ends. */
function useLasting(text: string | null): string | null {
  const [lasting, setLasting] = useState<string | null>(null)
  useEffect(() => {
    const timer = setTimeout(() => setLasting(text), text === null ? 0 : PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return text === null ? null : lasting
}
