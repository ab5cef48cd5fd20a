import { type ReactNode, useLayoutEffect, useState } from 'react'
import { useNavigate } from '@/navigation'
import { Loading } from '@/ui/states'

/**
 * Prepares a page, such as the session that it needs. Returns null, or the path of the page that the
 * visitor gets instead.
 */
export type Opening = () => Promise<string | null>

/** Shows a page once it is prepared. `opening` must not change. */
export function Opened({ opening, children }: { opening: Opening; children: ReactNode }) {
  const navigate = useNavigate()
  const [isOpen, setIsOpen] = useState(false)
  const [failure, setFailure] = useState<{ error: unknown } | null>(null)
  // Before the page is painted: what is known already needs no moment of waiting.
  useLayoutEffect(() => {
    let isLeft = false
    opening().then(
      (elsewhere) => {
        if (isLeft) return
        if (elsewhere === null) setIsOpen(true)
        else navigate(elsewhere, { replace: true })
      },
      (error: unknown) => {
        if (!isLeft) setFailure({ error })
      },
    )
    return () => {
      isLeft = true
    }
  }, [opening, navigate])
  if (failure) throw failure.error
  return isOpen ? children : <Loading />
}
