import { type ReactNode, useId } from 'react'
import { cx } from '@/ui/class-names'

type SectionProps = {
  title: string
  about?: ReactNode
  aside?: ReactNode
  className?: string
  children: ReactNode
}

/** A part of the portfolio with its heading. */
export function Section({ title, about, aside, className, children }: SectionProps) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className={cx('min-w-0 rounded-xl border border-line bg-panel p-4 sm:p-5', className)}
    >
      <header className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div>
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {about && <p className="mt-0.5 text-xs text-soft">{about}</p>}
        </div>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** A gain or a loss in its colour. */
export function Signed({ value, text }: { value: bigint; text: ReactNode }) {
  return <span className={cx(value > 0n && 'text-up', value < 0n && 'text-down')}>{text}</span>
}
