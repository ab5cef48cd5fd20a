import * as format from '@/format'

/** A traded value, rounded down. */
export function Volume({ value }: { value: string }) {
  const text = format.usd(BigInt(value))
  return (
    <span title={`The traded value is ${text} USD`}>
      {text} <span className="text-2xs text-faint">vol.</span>
    </span>
  )
}
