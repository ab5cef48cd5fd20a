import { t } from '@lingui/core/macro'
import { change } from '@/settings'
import { toast } from '@/ui/toast'

/** Switches the system's notifications on or off. Asks the browser only when they are switched on. */
export async function allowNotifications(on: boolean): Promise<void> {
  if (!on) return change({ notifications: false })
  if (!('Notification' in window)) {
    return toast('info', t`This browser does not support notifications`)
  }
  const permission = await Notification.requestPermission()
  change({ notifications: permission === 'granted' })
  if (permission !== 'granted') toast('info', t`The browser did not allow notifications`)
}
