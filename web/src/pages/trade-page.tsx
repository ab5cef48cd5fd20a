import { useState } from 'react'
import { KeysDialog } from '@/features/help/keys-dialog'
import { MARKET_KEYS } from '@/features/help/keys'
import { usePriceTitle } from '@/features/markets/use-price-title'
import { useNotices } from '@/features/positions/use-notices'
import { loadDraft } from '@/features/ticket/drafts'
import { type Asset, markets } from '@/markets'
import { TradeCommands } from '@/pages/trade-commands'
import { TradeDesktop } from '@/pages/trade-desktop'
import { TradePhone } from '@/pages/trade-phone'
import { useAsset } from '@/pages/use-asset'
import type { Side } from '@/rules'
import { useStore } from '@/store'
import { useMarks } from '@/trading/marks'
import { useKeys } from '@/ui/use-keys'
import { useMedia } from '@/ui/use-media'

export type TradeView = {
  asset: Asset
  onAsset: (asset: Asset) => void
  side: Side
  onSide: (side: Side) => void
  onHelp: () => void
}

/** The trading page. The asset is part of its address. */
export function TradePage() {
  const keyed = useStore(markets).slice(0, MARKET_KEYS)
  const [asset, setAsset] = useAsset()
  const [side, setSide] = useSide(asset)
  const [isHelpOpen, setIsHelpOpen] = useState(false)
  const isWide = useMedia('(min-width: 48rem)')
  useNotices()
  useMarks(asset)
  usePriceTitle(asset)
  useKeys({
    b: () => setSide('LONG'),
    s: () => setSide('SHORT'),
    q: () => document.querySelector<HTMLInputElement>('#order-size')?.focus(),
    '?': () => setIsHelpOpen(true),
    ...Object.fromEntries(keyed.map((info, i) => [String(i + 1), () => setAsset(info.asset)])),
  })
  const view: TradeView = {
    asset,
    onAsset: setAsset,
    side,
    onSide: setSide,
    onHelp: () => setIsHelpOpen(true),
  }
  return (
    <>
      {isWide ? <TradeDesktop {...view} /> : <TradePhone {...view} />}
      <TradeCommands onHelp={view.onHelp} />
      <KeysDialog open={isHelpOpen} onClose={() => setIsHelpOpen(false)} />
    </>
  )
}

/** Returns the side of the asset's order form, initially as saved. */
function useSide(asset: Asset): [Side, (side: Side) => void] {
  const [sides, setSides] = useState<Partial<Record<Asset, Side>>>({})
  const choose = (side: Side) => setSides((before) => ({ ...before, [asset]: side }))
  return [sides[asset] ?? loadDraft(asset).orderType, choose]
}
