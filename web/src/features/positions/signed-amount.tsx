import * as format from '@/format'
import { cx } from '@/ui/class-names'

/** An amount with its sign and all its digits, so that the lines of a list add up. */
export function SignedAmount({ value }: { value: bigint }) {
  return (
    <span className={cx(value > 0n && 'text-up', value < 0n && 'text-down')}>
      {value > 0n && '+'}
      {format.exactUsd(value)}
    </span>
  )
}
