import {
  BookOpen,
  ChartNoAxesCombined,
  CircleUser,
  Keyboard,
  LayoutList,
  LogOut,
  Moon,
  Search,
  Sun,
  TriangleAlert,
  Trophy,
  UserCog,
} from 'lucide-react'
import { useNavigate } from 'react-router'
import { openPalette } from '@/commands'
import { allowNotifications, nextWarn, useSignOut } from '@/features/account/preferences'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'

export function ProfileMenu({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate()
  const me = useMe()
  const isDark = useStore(theme) === 'dark'
  const { confirmOrders, confirmClose, sound, notifications, warnPercent, timeZone } =
    useStore(settings)

  const leave = useSignOut()

  return (
    <Menu
      trigger={
        <IconButton label="Account and settings">
          <CircleUser size={18} />
        </IconButton>
      }
    >
      <MenuLabel>{me?.email}</MenuLabel>
      <MenuItem onSelect={openPalette}>
        <Search size={15} /> Search
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.markets)}>
        <LayoutList size={15} /> Markets
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.account)}>
        <UserCog size={15} /> Account
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.portfolio)}>
        <ChartNoAxesCombined size={15} /> Portfolio
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.leaderboard)}>
        <Trophy size={15} /> Leaderboard
      </MenuItem>
      <MenuItem onSelect={toggleTheme}>
        {isDark ? <Sun size={15} /> : <Moon size={15} />}
        {isDark ? 'Light theme' : 'Dark theme'}
      </MenuItem>
      <MenuLine />
      <MenuCheck checked={confirmOrders} onChange={(on) => change({ confirmOrders: on })}>
        Confirm orders
      </MenuCheck>
      <MenuCheck checked={confirmClose} onChange={(on) => change({ confirmClose: on })}>
        Confirm before closing
      </MenuCheck>
      <MenuCheck checked={sound} onChange={(on) => change({ sound: on })}>
        Sound alerts
      </MenuCheck>
      <MenuCheck checked={notifications} onChange={(on) => void allowNotifications(on)}>
        Browser notifications
      </MenuCheck>
      <MenuCheck
        checked={timeZone === 'utc'}
        onChange={(on) => change({ timeZone: on ? 'utc' : 'local' })}
      >
        Times in UTC
      </MenuCheck>
      <MenuItem keepOpen onSelect={() => change({ warnPercent: nextWarn(warnPercent) })}>
        <TriangleAlert size={15} /> Liquidation warning: {warnPercent} % left
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={onHelp}>
        <Keyboard size={15} /> Keyboard shortcuts
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.help)}>
        <BookOpen size={15} /> How trading works
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={() => leave()}>
        <LogOut size={15} /> Sign out
      </MenuItem>
    </Menu>
  )
}
