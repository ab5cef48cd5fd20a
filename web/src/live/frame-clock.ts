/**
 * The delay after which scheduled work runs without an animation frame. A hidden tab gets no
 * frames; the timer ensures that warnings are still shown.
 */
const FRAMELESS_MS = 250

/** Returns a function that schedules `work` at most once per animation frame. */
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
