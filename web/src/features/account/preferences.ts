/** Actions shared by the profile menu and the phone's account view. */

import { t } from '@lingui/core/macro'
import { sentence } from '@/api/errors'
import { leaveFor } from '@/navigation'
import { paths } from '@/paths'
import { signOut } from '@/session'
import { useSoleMutation } from '@/sole-mutation'
import { toast } from '@/ui/toast'

const WARN_PERCENTS = [10, 20, 30, 50]

export function nextWarn(current: number): number {
  return WARN_PERCENTS[(WARN_PERCENTS.indexOf(current) + 1) % WARN_PERCENTS.length] ?? 20
}

/** Signs out and goes to the start page; shows a toast on failure. */
export function useSignOut(): () => void {
  const leave = useSoleMutation({
    mutationFn: () => signOut(() => leaveFor(paths.landing)),
    onError: (error) => toast('error', t`Not signed out`, sentence(error)),
  })
  return () => leave.mutate()
}
