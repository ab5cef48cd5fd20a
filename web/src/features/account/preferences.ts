/** Actions shared by the profile menu and the phone's account view. */

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
    return toast('info', 'This browser does not support notifications')
  }
  const permission = await Notification.requestPermission()
  change({ notifications: permission === 'granted' })
  if (permission !== 'granted') toast('info', 'The browser did not allow notifications')
}

/** Signs out and goes to the start page; shows a toast on failure. */
export function useSignOut(): () => void {
  const navigate = useNavigate()
  return () => {
    signOut(() => navigate(paths.landing)).catch((error: unknown) => {
      toast('error', 'Not signed out', sentence(error))
    })
  }
}
