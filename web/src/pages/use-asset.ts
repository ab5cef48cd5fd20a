import { useSearchParams } from 'wouter'
import { type Asset, isListed, isSymbol, listedOrFirst } from '@/markets'
import { load, save } from '@/storage'

/**
 * Returns the asset in the address, or else the last chosen one, or else the first market, and a
 * function that chooses another. Only listed assets can be chosen: a position may be in one that
 * this page does not know yet.
 */
export function useAsset(): [Asset, (asset: Asset) => void] {
  const [search, setSearch] = useSearchParams()
  const wanted = search.get('asset')
  const isKnown = wanted !== null && isListed(wanted)
  const asset = isKnown ? wanted : listedOrFirst(load('asset', isSymbol, ''))
  const choose = (chosen: Asset) => {
    if (!isListed(chosen)) return
    save('asset', chosen)
    setSearch({ asset: chosen }, { replace: true })
  }
  return [asset, choose]
}
