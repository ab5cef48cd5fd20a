import { useEffect, useState } from 'react'

/**
 * Expands the chart over the page, and the page over the screen where the browser allows it. The
 * page goes full screen, not the chart's element, so that dialogs and toasts remain visible.
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
    // Phones refuse; there, the chart only fills the page.
    document.documentElement.requestFullscreen?.().catch(() => undefined)
  }

  return [isFull, toggle]
}
