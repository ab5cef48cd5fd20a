import { BookOpen, LayoutList, Menu as MenuIcon, Moon, Search, Sun } from 'lucide-react'
import { Link, useNavigate } from 'react-router'
import { openPalette } from '@/commands'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { Menu, MenuItem } from '@/ui/menu'
import { SearchButton } from '@/ui/search-button'

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
        <SearchButton className="max-md:hidden" />
        <IconButton
          label={isDark ? 'Light theme' : 'Dark theme'}
          onClick={toggleTheme}
          className="max-sm:hidden"
        >
          {isDark ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
        <LinkButton to={paths.markets} look="ghost" className="max-sm:px-1.5">
          Markets
        </LinkButton>
        <LinkButton to={paths.help} look="ghost" className="max-sm:hidden">
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
            <LinkButton to={paths.register} look="primary" className="max-sm:hidden">
              Register
            </LinkButton>
          </>
        )}
        <span className="contents md:hidden">
          <MoreMenu isDark={isDark} />
        </span>
      </div>
    </header>
  )
}

/** What a narrow header has no room for. */
function MoreMenu({ isDark }: { isDark: boolean }) {
  const navigate = useNavigate()
  return (
    <Menu
      trigger={
        <IconButton label="More">
          <MenuIcon size={18} />
        </IconButton>
      }
    >
      <MenuItem onSelect={openPalette}>
        <Search size={15} /> Search
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.markets)}>
        <LayoutList size={15} /> Markets
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.help)}>
        <BookOpen size={15} /> Help
      </MenuItem>
      <MenuItem onSelect={toggleTheme}>
        {isDark ? <Sun size={15} /> : <Moon size={15} />}
        {isDark ? 'Light theme' : 'Dark theme'}
      </MenuItem>
    </Menu>
  )
}
