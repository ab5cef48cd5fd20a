/** The ways to ask for a menu at a place of the chart: the right button, and a long press. */

/** The duration of a long press, and the distance from which on it is a drag (px). */
const LONG_MS = 550
const STILL_PX = 8

/** Calls back with the place, from the element's corner. Returns a function that stops it. */
export function watchPress(
  element: HTMLElement,
  onAsk: (x: number, y: number) => void,
): () => void {
  const end = new AbortController()
  const options = { capture: true, signal: end.signal }
  let press: { x: number; y: number; timer: ReturnType<typeof setTimeout> } | null = null
  const ask = (x: number, y: number) => {
    const box = element.getBoundingClientRect()
    onAsk(x - box.left, y - box.top)
  }
  const release = () => {
    clearTimeout(press?.timer)
    press = null
  }
  element.addEventListener(
    'contextmenu',
    (event) => {
      event.preventDefault()
      release()
      ask(event.clientX, event.clientY)
    },
    options,
  )
  element.addEventListener(
    'pointerdown',
    ({ clientX: x, clientY: y, pointerType, isPrimary }) => {
      release()
      if (pointerType !== 'touch' || !isPrimary) return
      press = {
        x,
        y,
        timer: setTimeout(() => {
          press = null
          ask(x, y)
        }, LONG_MS),
      }
    },
    options,
  )
  element.addEventListener(
    'pointermove',
    ({ clientX, clientY }) => {
      if (press && Math.hypot(clientX - press.x, clientY - press.y) > STILL_PX) release()
    },
    options,
  )
  for (const name of ['pointerup', 'pointercancel'] as const) {
    element.addEventListener(name, release, options)
  }
  return () => {
    release()
    end.abort()
  }
}
