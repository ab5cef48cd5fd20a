/** The service worker, and what it brings: installing the page, and noticing new versions. */

import { createStore } from '@/store'

/** The event by which a browser offers to install the page; not in TypeScript's library. */
type InstallEvent = Event & { prompt: () => Promise<unknown> }

/** The interval at which an open page looks for a new version. */
const LOOK_MS = 30 * 60_000

let offer: InstallEvent | null = null

/** Whether the browser offers to install the page as an app. */
export const isInstallable = createStore(false)

/** Whether a newer version than the one on this page is served. */
export const isOutdated = createStore(false)

window.addEventListener('beforeinstallprompt', (event) => {
  // The offer is in the menu instead of over the page.
  event.preventDefault()
  offer = event as InstallEvent
  isInstallable.set(true)
})
window.addEventListener('appinstalled', () => isInstallable.set(false))

/** Asks the user whether to install the page. */
export async function install(): Promise<void> {
  const asked = offer
  // An offer can be used once.
  offer = null
  isInstallable.set(false)
  await asked?.prompt()
}

/** Registers the service worker. */
export async function startWorker(): Promise<void> {
  const workers = navigator.serviceWorker
  // Absent without HTTPS, except on localhost.
  if (!workers) return
  // The first worker of a browser brings no new version.
  let hasWorker = workers.controller !== null
  workers.addEventListener('controllerchange', () => {
    if (hasWorker) isOutdated.set(true)
    hasWorker = true
  })
  const registration = await workers.register('/sw.js')
  const look = () => {
    // Offline, or while the server restarts: the next look finds it.
    registration.update().catch(() => undefined)
  }
  setInterval(look, LOOK_MS)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look()
  })
}
