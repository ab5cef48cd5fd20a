import { type ReactNode, useId } from 'react'

/** A section of the account page. */
export function Card({
  title,
  about,
  aside,
  children,
}: {
  title: string
  about?: ReactNode
  aside?: ReactNode
  children: ReactNode
}) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="rounded-xl border border-line bg-panel">
      <header className="flex items-start justify-between gap-4 px-4 pt-4 sm:px-5">
        <div>
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {about && <p className="mt-0.5 text-soft">{about}</p>}
        </div>
        {aside}
      </header>
      <div className="p-4 sm:p-5">{children}</div>
    </section>
  )
}
