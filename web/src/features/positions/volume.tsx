import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import * as format from '@/format'

/** A traded value, rounded down. */
export function Volume({ value: scaled }: { value: string }) {
  const value = format.usd(BigInt(scaled))
  return (
    <span title={t`The traded value is ${value} USD`}>
      <Trans>
        {value} <span className="text-2xs text-faint">vol.</span>
      </Trans>
    </span>
  )
}
