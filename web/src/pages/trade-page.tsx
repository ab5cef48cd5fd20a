import { ASSETS } from '@/assets'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { LiveText } from '@/live/use-live'
import { Logo } from '@/ui/logo'

export function TradePage() {
  return (
    <main className="p-6">
      <Logo />
      {ASSETS.map(({ asset }) => (
        <p key={asset}>
          {asset}{' '}
          <LiveText
            assets={[asset]}
            content={() => {
              const quote = quoteOf(asset)
              return quote && { text: format.price(asset, quote.bid) }
            }}
          />
        </p>
      ))}
    </main>
  )
}
