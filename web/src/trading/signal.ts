/** What reaches a trader who looks elsewhere: a sound, and a notification of the system. */

import { settings } from '@/settings'

export const SOUNDS = ['fill', 'profit', 'loss', 'liquidation', 'alert'] as const
export type Sound = (typeof SOUNDS)[number]

type Signal = {
  title: string
  detail: string
  sound: Sound | null
  /** Whether the system notifies of it also while the page is visible. */
  isUrgent: boolean
}

/** Plays a sound and notifies, as far as the user has switched that on. */
export function signal({ title, detail, sound, isUrgent }: Signal): void {
  const { sound: isOn, mutedSounds, notifications } = settings.get()
  if (isOn && sound !== null && !mutedSounds.includes(sound)) void play(sound)
  if (notifications && (isUrgent || document.hidden)) void notifySystem(title, detail)
}

/** Plays a sound at the volume of the settings. */
export async function play(sound: Sound): Promise<void> {
  // Without the network the sound is not loaded, and there is nothing to say about that.
  const synth = await import('@/trading/synth').catch(() => null)
  synth?.play(sound, settings.get().volume)
}

async function notifySystem(title: string, body: string): Promise<void> {
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  const options = { body, icon: '/icons/icon-192.png' }
  try {
    // oxlint-disable-next-line no-new -- the constructor shows the notification
    new Notification(title, options)
  } catch {
    // Phones let only a service worker notify.
    const registration = await navigator.serviceWorker?.getRegistration()
    await registration?.showNotification(title, options)
  }
}
