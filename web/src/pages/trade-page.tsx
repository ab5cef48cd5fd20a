import { t } from '@lingui/core/macro'
import { lazy, Suspense, useState } from 'react'
import { MARKET_KEYS } from '@/features/help/keys'
import { usePriceTitle } from '@/features/markets/use-price-title'
import { useNotices } from '@/features/positions/use-notices'
import { loadDraft } from '@/features/ticket/drafts'
import { SIZE_ID, TICKET_ID } from '@/features/ticket/field-ids'
import { withTexts } from '@/locale'
import { type Asset, markets } from '@/markets'
import { loadDesktop, loadPhone, WIDE } from '@/pages/trade-views'
import { useAsset } from '@/pages/use-asset'
import type { Side } from '@/rules'
import { useStore } from '@/store'
import { useMarks } from '@/trading/marks'
import { useKeys } from '@/ui/use-keys'
import { lazyWhenIdle } from '@/ui/lazy-when-idle'
import { Once } from '@/ui/once'
import { SkipLink } from '@/ui/skip-link'
import { Loading } from '@/ui/states'
import { useMedia } from '@/ui/use-media'

const TradeDesktop = lazy(async () => ({ default: (await loadDesktop()).TradeDesktop }))
const TradePhone = lazy(async () => ({ default: (await loadPhone()).TradePhone }))
const TradeCommands = lazyWhenIdle(async () => ({
  default: (await import('@/pages/trade-commands')).TradeCommands,
}))
const KeysDialog = lazy(async () => ({
  // Its texts are those of the help page.
  default: (await withTexts(import('@/features/help/keys-dialog'), 'help')).KeysDialog,
}))

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
  const isWide = useMedia(WIDE)
  useNotices()
  useMarks(asset)
  usePriceTitle(asset)
  useKeys({
    b: () => setSide('LONG'),
    s: () => setSide('SHORT'),
    q: () => document.getElementById(SIZE_ID)?.focus(),
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
      {isWide ? (
        <SkipLink to={TICKET_ID}>{t`Skip to the order form`}</SkipLink>
      ) : (
        <SkipLink to="content">{t`Skip to content`}</SkipLink>
      )}
      <Suspense fallback={<Loading />}>
        {isWide ? <TradeDesktop {...view} /> : <TradePhone {...view} />}
      </Suspense>
      <Suspense>
        <TradeCommands onHelp={view.onHelp} />
      </Suspense>
      <Once isAsked={isHelpOpen}>
        <KeysDialog open={isHelpOpen} onClose={() => setIsHelpOpen(false)} />
      </Once>
    </>
  )
}

/** Returns the side of the asset's order form, initially as saved. */
function useSide(asset: Asset): [Side, (side: Side) => void] {
  const [sides, setSides] = useState<Partial<Record<Asset, Side>>>({})
  const choose = (side: Side) => setSides((before) => ({ ...before, [asset]: side }))
  return [sides[asset] ?? loadDraft(asset).orderType, choose]
}
