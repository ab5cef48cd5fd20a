/**
 * Work that is done at most once per animation frame, however often it is asked for. A hidden tab
 * gets no frames; a slow timer stands in, so that warnings still come.
 */
const HIDDEN_MS = 250

export function oncePerFrame(work: () => void): () => void {
  let isDue = false
  const run = () => {
    isDue = false
    work()
  }
  return () => {
    if (isDue) return
    isDue = true
    if (document.visibilityState === 'hidden') setTimeout(run, HIDDEN_MS)
    else requestAnimationFrame(run)
  }
}
