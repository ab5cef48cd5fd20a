import { useEffect, useState } from 'react'

/**
 * The chart over the whole page, and the page over the whole screen where the browser lets it. The
 * page and not the chart's element, so that dialogs and messages still show.
 */
export function useFullScreen(): [isFull: boolean, toggle: () => void] {
  const [isFull, setIsFull] = useState(false)

  useEffect(() => {
    const onChange = () => {
      if (!document.fullscreenElement) setIsFull(false)
    }
    document.addEventListener('fullscreenchange', onChange)
    return () => document.removeEventListener('fullscreenchange', onChange)
  }, [])

  function toggle(): void {
    if (isFull) {
      setIsFull(false)
      if (document.fullscreenElement) void document.exitFullscreen()
      return
    }
    setIsFull(true)
    // Phones refuse; filling the page is what they can do.
    document.documentElement.requestFullscreen?.().catch(() => undefined)
  }

  return [isFull, toggle]
}
