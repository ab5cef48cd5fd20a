/** What the menu and the phone's account view let one change. */

import { useNavigate } from 'react-router'
import { sentence } from '@/api/errors'
import { paths } from '@/paths'
import { signOut } from '@/session'
import { change } from '@/settings'
import { toast } from '@/ui/toast'

const WARN_PERCENTS = [10, 20, 30, 50]

export function nextWarn(current: number): number {
  return WARN_PERCENTS[(WARN_PERCENTS.indexOf(current) + 1) % WARN_PERCENTS.length] ?? 20
}

export async function allowNotifications(on: boolean): Promise<void> {
  if (!on) return change({ notifications: false })
  if (!('Notification' in window)) {
    return toast('info', 'This browser has no notifications')
  }
  const permission = await Notification.requestPermission()
  change({ notifications: permission === 'granted' })
  if (permission !== 'granted') toast('info', 'The browser does not allow notifications here')
}

/** Signs out, on to the start page; says so when that did not work. */
export function useSignOut(): () => void {
  const navigate = useNavigate()
  return () => {
    signOut(() => navigate(paths.landing)).catch((error: unknown) => {
      toast('error', 'You are still signed in', sentence(error))
    })
  }
}
