/**
 * Work that is done at most once per animation frame, however often it is asked for. A hidden tab
 * gets no frames, and may be hidden while it waits for one; a timer stands in, so that warnings
 * still come.
 */
const FRAMELESS_MS = 250

export function oncePerFrame(work: () => void): () => void {
  let due: { frame: number; timer: ReturnType<typeof setTimeout> } | undefined
  const run = () => {
    if (!due) return
    cancelAnimationFrame(due.frame)
    clearTimeout(due.timer)
    due = undefined
    work()
  }
  return () => {
    due ??= { frame: requestAnimationFrame(run), timer: setTimeout(run, FRAMELESS_MS) }
  }
}
