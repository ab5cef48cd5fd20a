/** Visibility of elements on the screen. All share one observer, since there may be thousands. */

const callbacks = new WeakMap<Element, (isInView: boolean) => void>()
let observer: IntersectionObserver | undefined

function observe(entries: IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting } of entries) callbacks.get(target)?.(isIntersecting)
}

/** Calls back with the initial visibility, and with each change. */
export function watchInView(element: Element, onChange: (isInView: boolean) => void): () => void {
  observer ??= new IntersectionObserver(observe, { rootMargin: '100px' })
  callbacks.set(element, onChange)
  observer.observe(element)
  return () => {
    callbacks.delete(element)
    observer?.unobserve(element)
  }
}
