import { Moon, Sun } from 'lucide-react'
import { Link } from 'react-router'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'

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
        <IconButton label={isDark ? 'Light theme' : 'Dark theme'} onClick={toggleTheme}>
          {isDark ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
        <LinkButton to={paths.help} look="ghost" className="max-sm:px-1.5">
          Help
        </LinkButton>
        {me ? (
          <>
            <LinkButton to={paths.account} look="ghost" className="max-sm:px-1.5">
              Account
            </LinkButton>
            <LinkButton to={paths.trade} look="primary">
              Trade
            </LinkButton>
          </>
        ) : (
          <>
            <LinkButton to={paths.signIn} look="ghost" className="max-sm:px-1.5">
              Sign in
            </LinkButton>
            <LinkButton to={paths.trade} look="primary">
              Try now
            </LinkButton>
          </>
        )}
      </div>
    </header>
  )
}
