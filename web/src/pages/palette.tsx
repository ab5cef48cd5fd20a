import { t } from '@lingui/core/macro'
import { useEffect, useMemo, useState } from 'react'
import { chosenAccount } from '@/api/client'
import { type Command, offeredCommands, paletteOpen } from '@/commands'
import { useSignOut } from '@/features/account/preferences'
import { useOpenAccounts } from '@/features/account/queries'
import { topicsOf } from '@/features/help/topics'
import { PaletteDialog } from '@/features/palette/palette-dialog'
import { loadTexts } from '@/locale'
import { startMarkets } from '@/market-query'
import { type Asset, markets } from '@/markets'
import { useNavigate } from '@/navigation'
import { accountCommands } from '@/pages/account-commands'
import { orderCommands } from '@/pages/order-commands'
import { settingCommands } from '@/pages/setting-commands'
import { paths } from '@/paths'
import { chooseAccount, useMe } from '@/session'
import { save } from '@/storage'
import { useStore } from '@/store'

/** The palette with the commands of the site and those that the page offers. */
export function Palette() {
  const site = [
    useMarketCommands(),
    usePageCommands(),
    settingCommands(),
    useOrderCommands(),
    useAccountCommands(),
    useHelpCommands(),
  ].flat()
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
        page(
          paths.portfolio,
          t`Portfolio`,
          t({ message: 'performance return drawdown equity', context: 'search words' }),
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
    page(
      paths.leaderboard,
      t`Leaderboard`,
      t({ message: 'ranking best traders', context: 'search words' }),
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

/** The order form, for the market that the trading page shows or would show. */
function useOrderCommands(): Command[] {
  const navigate = useNavigate()
  return useStore(markets).length > 0 ? orderCommands(navigate) : []
}

/** The sections of the help page, once its texts are loaded. */
function useHelpCommands(): Command[] {
  const list = useStore(markets)
  const navigate = useNavigate()
  const [isLoaded, setIsLoaded] = useState(false)
  useEffect(() => {
    loadTexts('help').then(
      () => setIsLoaded(true),
      () => undefined,
    )
  }, [])
  if (!isLoaded) return []
  return topicsOf(list).map(([id, title]) => ({
    id: `help-${id}`,
    group: 'Pages',
    label: title,
    detail: t`Help`,
    run: () => {
      navigate(`${paths.help}#${id}`)
      // Where the page is open already, it doesn't go there itself.
      document.getElementById(id)?.scrollIntoView()
    },
  }))
}

function useAccountCommands(): Command[] {
  const me = useMe()
  const accounts = useOpenAccounts()
  const chosen = useStore(chosenAccount)
  const leave = useSignOut()
  const navigate = useNavigate()
  if (!me) return []
  const others = accounts
    .map(({ accountId, name, first }) => ({ id: first ? null : accountId, name }))
    .filter(({ id }) => id !== chosen)
  return [
    ...accountCommands(navigate, me.guest),
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
