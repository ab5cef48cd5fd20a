import { type ReactNode, Suspense, useState } from 'react'

/** Renders a lazy dialog from when it is first asked for, and keeps it: it knows what is uncertain. */
export function Once({ isAsked, children }: { isAsked: boolean; children: ReactNode }) {
  const [wasAsked, setWasAsked] = useState(isAsked)
  if (isAsked && !wasAsked) setWasAsked(true)
  return wasAsked ? <Suspense>{children}</Suspense> : null
}
