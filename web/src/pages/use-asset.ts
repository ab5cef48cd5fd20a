import { t } from '@lingui/core/macro'
import { useEffect } from 'react'
import { useSearchParams } from 'wouter'
import { type Asset, assetInfo, isListed, isSymbol, listedOrFirst } from '@/markets'
import { load, save } from '@/storage'
import { toast } from '@/ui/toast'

/**
 * Returns the asset in the address, or else the last chosen one, or else the first market, and a
 * function that chooses another. Only listed assets can be chosen: a position may be in one that
 * this page does not know yet. An address without a market is corrected, and the user told.
 */
export function useAsset(): [Asset, (asset: Asset) => void] {
  const [search, setSearch] = useSearchParams()
  const wanted = search.get('asset') ?? ''
  const asset = isListed(wanted) ? wanted : listedOrFirst(load('asset', isSymbol, ''))
  const show = (shown: Asset) => setSearch({ asset: shown }, { replace: true })
  useEffect(() => {
    if (wanted === '' || wanted === asset) return
    const { base } = assetInfo(asset)
    toast('warning', t`There is no market ${wanted}`, t`Showing ${base} instead.`)
    show(asset)
  })
  const choose = (chosen: Asset) => {
    if (!isListed(chosen)) return
    save('asset', chosen)
    show(chosen)
  }
  return [asset, choose]
}
