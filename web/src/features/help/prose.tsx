import type { ReactNode } from 'react'

/** A section of the help page, linked from the list at the side. */
export function Section({
  id,
  title,
  children,
}: {
  id: string
  title: string
  children: ReactNode
}) {
  return (
    <section
      aria-labelledby={id}
      className="flex flex-col gap-3 text-[0.9375rem]/7 text-soft normal-nums"
    >
      <h2 id={id} className="scroll-mt-20 text-lg font-semibold tracking-tight text-ink">
        {title}
      </h2>
      {children}
    </section>
  )
}

type FormulasProps = { label: string; rows: readonly (readonly [what: string, formula: string])[] }

export function Formulas({ label, rows }: FormulasProps) {
  return (
    <dl
      aria-label={label}
      className="grid gap-x-6 rounded-lg border border-line bg-panel px-4 py-3 sm:grid-cols-[auto_1fr]"
    >
      {rows.map(([what, formula]) => (
        <div key={what} className="contents">
          <dt className="text-faint">{what}</dt>
          <dd className="text-ink max-sm:mb-2 max-sm:last:mb-0">{formula}</dd>
        </div>
      ))}
    </dl>
  )
}
