import { Menu as MenuIcon, Moon, Sun } from 'lucide-react'
import { Link, useNavigate } from 'react-router'
import { AccountSwitch } from '@/features/account/account-switch'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { Menu, MenuItem } from '@/ui/menu'

/** The header of every page except the trading page, which has its own. */
export function SiteHeader() {
  const me = useMe()
  const isDark = useStore(theme) === 'dark'
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-panel">
      <div className="mx-auto flex h-14 max-w-7xl items-center px-4 sm:gap-2 sm:px-6">
        <Link to={paths.landing} aria-label="Velox, start page" className="mr-auto flex text-base">
          <Logo />
        </Link>
        <AccountSwitch className="max-w-40 max-md:hidden" />
        <IconButton label={isDark ? 'Light theme' : 'Dark theme'} onClick={toggleTheme}>
          {isDark ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
        <nav aria-label="Site" className="flex items-center sm:gap-2">
          <LinkButton to={paths.leaderboard} look="ghost" className="max-md:hidden">
            Leaderboard
          </LinkButton>
          <LinkButton to={paths.help} look="ghost" className="max-sm:hidden">
            Help
          </LinkButton>
          {me && (
            <>
              <LinkButton to={paths.portfolio} look="ghost" className="max-sm:hidden">
                Portfolio
              </LinkButton>
              <LinkButton to={paths.account} look="ghost" className="max-sm:hidden">
                Account
              </LinkButton>
            </>
          )}
          <PhoneLinks isSignedIn={me !== null} />
          {!me && (
            <LinkButton to={paths.signIn} look="ghost" className="max-sm:px-1.5">
              Sign in
            </LinkButton>
          )}
        </nav>
        {me ? (
          <LinkButton to={paths.trade} look="primary">
            Trade
          </LinkButton>
        ) : (
          <LinkButton to={paths.register} look="primary" className="max-sm:hidden">
            Register
          </LinkButton>
        )}
      </div>
    </header>
  )
}

/** The links that a narrow header has no room for. */
function PhoneLinks({ isSignedIn }: { isSignedIn: boolean }) {
  const navigate = useNavigate()
  const links = [
    { to: paths.leaderboard, label: 'Leaderboard' },
    { to: paths.help, label: 'Help' },
    ...(isSignedIn
      ? [
          { to: paths.portfolio, label: 'Portfolio' },
          { to: paths.account, label: 'Account' },
        ]
      : []),
  ]
  return (
    <span className="md:hidden">
      <Menu
        trigger={
          <IconButton label="More pages">
            <MenuIcon size={18} aria-hidden />
          </IconButton>
        }
      >
        {links.map(({ to, label }) => (
          <MenuItem key={to} onSelect={() => void navigate(to)}>
            {label}
          </MenuItem>
        ))}
      </Menu>
    </span>
  )
}
