import { t } from '@lingui/core/macro'
import { useEffect, useMemo } from 'react'
import { chosenAccount } from '@/api/client'
import { type Command, offeredCommands, paletteOpen } from '@/commands'
import { useSignOut } from '@/features/account/preferences'
import { useOpenAccounts } from '@/features/account/queries'
import { PaletteDialog } from '@/features/palette/palette-dialog'
import { startMarkets } from '@/market-query'
import { type Asset, markets } from '@/markets'
import { useNavigate } from '@/navigation'
import { paths } from '@/paths'
import { chooseAccount, useMe } from '@/session'
import { save } from '@/storage'
import { useStore } from '@/store'
import { toggleTheme } from '@/theme'

/** The palette with the commands of the site and those that the page offers. */
export function Palette() {
  const site = [useMarketCommands(), usePageCommands(), useAccountCommands()].flat()
  const own = useMemo(() => offeredCommands(), [])
  useEffect(() => void startMarkets(), [])
  return <PaletteDialog commands={[...own, ...site]} onClose={() => paletteOpen.set(false)} />
}

function useMarketCommands(): Command[] {
  const list = useStore(markets)
  const navigate = useNavigate()
  const show = (asset: Asset) => {
    save('asset', asset)
    navigate(paths.tradeOf(asset), { replace: location.pathname === paths.trade })
  }
  return list.map(({ asset, base, quote, name }) => ({
    id: `market-${asset}`,
    group: 'Markets',
    label: `${base} ${quote}`,
    detail: name,
    words: asset,
    run: () => show(asset),
  }))
}

function usePageCommands(): Command[] {
  const navigate = useNavigate()
  const me = useMe()
  const page = (path: string, label: string, words = ''): Command => ({
    id: `page-${path}`,
    group: 'Pages',
    label,
    words,
    run: () => navigate(path),
  })
  const own = me
    ? [
        page(
          paths.account,
          t`Account`,
          t({ message: 'profile settings password sessions API keys', context: 'search words' }),
        ),
      ]
    : [
        page(paths.signIn, t`Sign in`, t({ message: 'log in', context: 'search words' })),
        page(paths.register, t`Register`, t({ message: 'sign up', context: 'search words' })),
      ]
  return [
    page(paths.trade, t`Trade`, t({ message: 'chart order positions', context: 'search words' })),
    page(
      paths.markets,
      t`Markets`,
      t({ message: 'list screener funding volume', context: 'search words' }),
    ),
    ...own,
    page(
      paths.help,
      t`How trading works`,
      t({ message: 'help documentation formulas', context: 'search words' }),
    ),
    page(paths.landing, t`Start page`, t({ message: 'home', context: 'search words' })),
  ]
}

function useAccountCommands(): Command[] {
  const me = useMe()
  const accounts = useOpenAccounts()
  const chosen = useStore(chosenAccount)
  const leave = useSignOut()
  const theme: Command = {
    id: 'theme',
    group: 'Actions',
    label: t`Toggle the theme`,
    words: t({ message: 'dark light colours mode', context: 'search words' }),
    run: toggleTheme,
  }
  if (!me) return [theme]
  const others = accounts
    .map(({ accountId, name, first }) => ({ id: first ? null : accountId, name }))
    .filter(({ id }) => id !== chosen)
  return [
    theme,
    ...others.map(({ id, name }): Command => ({
      id: `account-${id ?? 'first'}`,
      group: 'Account',
      label: t`Switch to the account ${name}`,
      words: t({ message: 'change', context: 'search words' }),
      run: () => chooseAccount(id),
    })),
    {
      id: 'sign-out',
      group: 'Account',
      label: t`Sign out`,
      words: t({ message: 'log out leave', context: 'search words' }),
      run: leave,
    },
  ]
}
