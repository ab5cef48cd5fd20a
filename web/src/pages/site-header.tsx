import { t } from '@lingui/core/macro'
import { Menu as MenuIcon, Moon, Search, Sun } from 'lucide-react'
import { Link } from 'wouter'
import { openPalette } from '@/commands'
import { AccountSwitch } from '@/features/account/account-switch'
import { LanguageItems, LanguageMenu } from '@/features/account/language-choice'
import { useNavigate } from '@/navigation'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { Menu, MenuItem, MenuLine } from '@/ui/menu'
import { SearchButton } from '@/ui/search-button'

/** The pages that the header links to. */
function linksOf(isSignedIn: boolean): { to: string; label: string }[] {
  return [
    { to: paths.markets, label: t`Markets` },
    { to: paths.leaderboard, label: t`Leaderboard` },
    { to: paths.help, label: t`Help` },
    ...(isSignedIn
      ? [
          { to: paths.portfolio, label: t`Portfolio` },
          { to: paths.account, label: t`Account` },
        ]
      : []),
  ]
}

/** The header of every page except the trading page, which has its own. */
export function SiteHeader() {
  const me = useMe()
  const isDark = useStore(theme) === 'dark'
  const links = linksOf(me !== null)
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-panel">
      <div className="mx-auto flex h-14 max-w-7xl items-center px-4 sm:gap-2 sm:px-6">
        <Link
          to={paths.landing}
          aria-label={t`Velox, start page`}
          className="mr-auto flex text-base"
        >
          <Logo />
        </Link>
        <SearchButton className="max-lg:hidden" />
        <AccountSwitch className="max-w-40 max-md:hidden" />
        <IconButton
          label={isDark ? t`Light theme` : t`Dark theme`}
          onClick={toggleTheme}
          className="max-sm:hidden"
        >
          {isDark ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
        <LanguageMenu className={me ? 'max-lg:hidden' : 'max-md:hidden'} />
        <nav aria-label={t`Site`} className="flex items-center sm:gap-2 max-md:hidden">
          {links.map(({ to, label }) => (
            <LinkButton key={to} to={to} look="ghost">
              {label}
            </LinkButton>
          ))}
        </nav>
        {me ? (
          <LinkButton to={paths.trade} look="primary">
            {t`Trade`}
          </LinkButton>
        ) : (
          <>
            <LinkButton to={paths.signIn} look="ghost" className="max-sm:px-1.5">
              {t`Sign in`}
            </LinkButton>
            <LinkButton to={paths.trade} look="primary">
              {t`Try now`}
            </LinkButton>
          </>
        )}
        <span className="contents md:hidden">
          <MoreMenu links={links} isDark={isDark} />
        </span>
      </div>
    </header>
  )
}

/** What a narrow header has no room for. */
function MoreMenu({ links, isDark }: { links: ReturnType<typeof linksOf>; isDark: boolean }) {
  const navigate = useNavigate()
  return (
    <Menu
      trigger={
        <IconButton label={t`More pages`}>
          <MenuIcon size={18} aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onSelect={openPalette}>
        <Search size={15} /> {t`Search`}
      </MenuItem>
      <MenuLine />
      {links.map(({ to, label }) => (
        <MenuItem key={to} onSelect={() => navigate(to)}>
          {label}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem onSelect={toggleTheme}>
        {isDark ? <Sun size={15} /> : <Moon size={15} />}
        {isDark ? t`Light theme` : t`Dark theme`}
      </MenuItem>
      <LanguageItems />
    </Menu>
  )
}
