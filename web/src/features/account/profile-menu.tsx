import {
  BookOpen,
  CircleUser,
  Keyboard,
  LogOut,
  Moon,
  Sun,
  TriangleAlert,
  UserCog,
} from 'lucide-react'
import { useNavigate } from 'react-router'
import { sentence } from '@/api/errors'
import { paths } from '@/paths'
import { signOut, useMe } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { theme, toggleTheme } from '@/theme'
import { IconButton } from '@/ui/button'
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'
import { toast } from '@/ui/toast'

export function ProfileMenu({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate()
  const me = useMe()
  const isDark = useStore(theme) === 'dark'
  const { confirmClose, sound, notifications, warnPercent } = useStore(settings)

  async function leave(): Promise<void> {
    try {
      await signOut(() => navigate(paths.landing))
    } catch (error) {
      toast('error', 'You are still signed in', sentence(error))
    }
  }

  return (
    <Menu
      trigger={
        <IconButton label="Account and settings">
          <CircleUser size={18} />
        </IconButton>
      }
    >
      <MenuLabel>{me?.email}</MenuLabel>
      <MenuItem onSelect={() => void navigate(paths.account)}>
        <UserCog size={15} /> Account
      </MenuItem>
      <MenuItem onSelect={toggleTheme}>
        {isDark ? <Sun size={15} /> : <Moon size={15} />}
        {isDark ? 'Light theme' : 'Dark theme'}
      </MenuItem>
      <MenuLine />
      <MenuCheck checked={confirmClose} onChange={(on) => change({ confirmClose: on })}>
        Confirm before closing
      </MenuCheck>
      <MenuCheck checked={sound} onChange={(on) => change({ sound: on })}>
        Sound for warnings
      </MenuCheck>
      <MenuCheck checked={notifications} onChange={(on) => void allowNotifications(on)}>
        Browser notifications
      </MenuCheck>
      <MenuItem keepOpen onSelect={() => change({ warnPercent: nextWarn(warnPercent) })}>
        <TriangleAlert size={15} /> Warn with {warnPercent} % left to liquidation
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={onHelp}>
        <Keyboard size={15} /> Keyboard shortcuts
      </MenuItem>
      <MenuItem onSelect={() => void navigate(paths.docs)}>
        <BookOpen size={15} /> How trading works
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={() => void leave()}>
        <LogOut size={15} /> Sign out
      </MenuItem>
    </Menu>
  )
}

const WARN_PERCENTS = [10, 20, 30, 50]

function nextWarn(current: number): number {
  return WARN_PERCENTS[(WARN_PERCENTS.indexOf(current) + 1) % WARN_PERCENTS.length] ?? 20
}

async function allowNotifications(on: boolean): Promise<void> {
  if (!on) return change({ notifications: false })
  if (!('Notification' in window)) {
    return toast('info', 'This browser has no notifications')
  }
  const permission = await Notification.requestPermission()
  change({ notifications: permission === 'granted' })
  if (permission !== 'granted') toast('info', 'The browser does not allow notifications here')
}
