import { type ReactNode, useEffect, useRef } from 'react'
import { SiteHeader } from '@/pages/site-header'

/** A page with one form in the middle and a link below it. */
export function FormPage({
  title,
  children,
  below,
}: {
  title: string
  children: ReactNode
  below: ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  // The form is the purpose of the page, so it gets the focus.
  useEffect(() => box.current?.querySelector('input')?.focus(), [])
  return (
    <div className="flex min-h-full flex-col">
      <SiteHeader />
      <main
        id="content"
        className="mx-auto flex w-full max-w-md flex-1 flex-col gap-5 px-4 py-8 normal-nums sm:justify-center sm:pb-24"
      >
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        <div ref={box} className="rounded-xl border border-line bg-panel p-4 sm:p-6">
          {children}
        </div>
        <p className="text-center text-soft">{below}</p>
      </main>
    </div>
  )
}
