import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { mulDiv, SCALE } from '@/decimal'
import * as format from '@/format'
import { type LiveQuote, quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'

/** The bid and ask at which the house trades, and what lies between. It has no depth to show. */
export function Spread({ asset }: { asset: Asset }) {
  const live = (text: (quote: LiveQuote) => string, className = '') => (
    <LiveText
      assets={[asset]}
      className={className}
      content={() => {
        const quote = quoteOf(asset)
        return quote && { text: text(quote) }
      }}
    />
  )
  return (
    <dl className="grid shrink-0 grid-cols-2 gap-x-3 gap-y-1 px-3 py-2" data-testid="spread">
      <Figure name={t`Bid`}>{live(({ bid }) => format.price(asset, bid), 'text-up')}</Figure>
      <Figure name={t`Ask`}>{live(({ ask }) => format.price(asset, ask), 'text-down')}</Figure>
      <Figure name={t`Spread`}>
        {live(({ bid, ask }) => `${format.price(asset, ask - bid)} USD`)}
      </Figure>
      <Figure name={t`Spread in bps`}>{live(spreadBps)}</Figure>
    </dl>
  )
}

/** Returns the spread as a share of the mid, in basis points with one decimal: `10.0 bps`. */
export function spreadBps({ bid, ask }: Quote): string {
  const mid = (bid + ask) / 2n
  if (mid === 0n) return format.UNKNOWN
  return `${format.fixed(mulDiv(ask - bid, 10_000n * SCALE, mid, 'nearest'), 1, 'nearest')} bps`
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-2xs leading-4 text-faint">{name}</dt>
      <dd className="text-xs leading-4">{children}</dd>
    </div>
  )
}
