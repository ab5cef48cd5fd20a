import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { buttonClass, type ButtonLook, type ButtonSize } from '@/ui/button'

type LinkButtonProps = {
  to: string
  look?: ButtonLook
  size?: ButtonSize
  className?: string
  children: ReactNode
}

/** A link that looks like a button. */
export function LinkButton({
  to,
  look = 'secondary',
  size = 'md',
  className,
  children,
}: LinkButtonProps) {
  return (
    <Link to={to} className={buttonClass(look, size, className)}>
      {children}
    </Link>
  )
}
