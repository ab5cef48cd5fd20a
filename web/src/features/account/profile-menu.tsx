import { t } from '@lingui/core/macro'
import {
  BookOpen,
  ChartNoAxesCombined,
  CircleUser,
  Download,
  Keyboard,
  LayoutList,
  LogIn,
  LogOut,
  Mail,
  Monitor,
  Moon,
  Search,
  Sun,
  TriangleAlert,
  Trophy,
  UserCog,
} from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { openPalette } from '@/commands'
import { useKeepPath } from '@/features/account/keep-account'
import { LanguageItems } from '@/features/account/language-choice'
import { nextWarn, useSignOut } from '@/features/account/preferences'
import { install, isInstallable } from '@/install'
import { useHere, useNavigate } from '@/navigation'
import { paths } from '@/paths'
import { useIsVisitor, useMe } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { chooseTheme, nextTheme, THEME_NAMES, themeChoice } from '@/theme'
import { allowNotifications } from '@/trading/notification-permission'
import { IconButton } from '@/ui/button'
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'

const LeaveGuestDialog = lazy(async () => ({
  default: (await import('@/features/account/leave-guest-dialog')).LeaveGuestDialog,
}))

/** The menu of the account, or of a visitor, and of the settings. */
export function ProfileMenu({ onHelp }: { onHelp: () => void }) {
  const [isLeaving, setIsLeaving] = useState(false)
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t`Account and settings`}>
            <CircleUser size={18} />
          </IconButton>
        }
      >
        <AccountItems />
        <PageItems />
        <MenuLine />
        <ThemeItem />
        <LanguageItems />
        <MenuLine />
        <SettingItems />
        <MenuLine />
        <HelpItems onHelp={onHelp} />
        <SignOutItem onGuest={() => setIsLeaving(true)} />
      </Menu>
      {isLeaving && (
        <Suspense>
          <LeaveGuestDialog onClose={() => setIsLeaving(false)} />
        </Suspense>
      )}
    </>
  )
}

function AccountItems() {
  const navigate = useNavigate()
  const here = useHere()
  const me = useMe()
  const keepPath = useKeepPath()
  if (useIsVisitor()) {
    return (
      <>
        <MenuItem onSelect={() => navigate(paths.signInThen(here))}>
          <LogIn size={15} /> {t`Sign in`}
        </MenuItem>
        <MenuItem onSelect={() => navigate(paths.registerThen(here))}>
          <UserCog size={15} /> {t`Register`}
        </MenuItem>
      </>
    )
  }
  return (
    <>
      <MenuLabel>{me?.guest ? t`Guest account` : me?.email}</MenuLabel>
      {keepPath !== null && (
        <>
          <MenuItem onSelect={() => navigate(keepPath)}>
            <Mail size={15} /> {t`Keep this account: add an email`}
          </MenuItem>
          <MenuItem onSelect={() => navigate(paths.signInThen(here))}>
            <LogIn size={15} /> {t`Sign in to another account`}
          </MenuItem>
        </>
      )}
      <MenuItem onSelect={() => navigate(paths.account)}>
        <UserCog size={15} /> {t`Account`}
      </MenuItem>
      <MenuItem onSelect={() => navigate(paths.portfolio)}>
        <ChartNoAxesCombined size={15} /> {t`Portfolio`}
      </MenuItem>
    </>
  )
}

function PageItems() {
  const navigate = useNavigate()
  return (
    <>
      <MenuItem onSelect={openPalette}>
        <Search size={15} /> {t`Search`}
      </MenuItem>
      <MenuItem onSelect={() => navigate(paths.markets)}>
        <LayoutList size={15} /> {t`Markets`}
      </MenuItem>
      <MenuItem onSelect={() => navigate(paths.leaderboard)}>
        <Trophy size={15} /> {t`Leaderboard`}
      </MenuItem>
    </>
  )
}

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon }

function ThemeItem() {
  const choice = useStore(themeChoice)
  const Icon = THEME_ICONS[choice]
  const name = THEME_NAMES[choice]
  return (
    <MenuItem keepOpen onSelect={() => chooseTheme(nextTheme(choice))}>
      <Icon size={15} /> {t`Theme: ${name}`}
    </MenuItem>
  )
}

function SettingItems() {
  const { confirmOrders, confirmClose, sound, notifications, warnPercent, timeZone } =
    useStore(settings)
  return (
    <>
      <MenuCheck checked={confirmOrders} onChange={(on) => change({ confirmOrders: on })}>
        {t`Confirm orders`}
      </MenuCheck>
      <MenuCheck checked={confirmClose} onChange={(on) => change({ confirmClose: on })}>
        {t`Confirm before closing`}
      </MenuCheck>
      <MenuCheck checked={sound} onChange={(on) => change({ sound: on })}>
        {t`Sound alerts`}
      </MenuCheck>
      <MenuCheck checked={notifications} onChange={(on) => void allowNotifications(on)}>
        {t`Browser notifications`}
      </MenuCheck>
      <MenuCheck
        checked={timeZone === 'utc'}
        onChange={(on) => change({ timeZone: on ? 'utc' : 'local' })}
      >
        {t`Times in UTC`}
      </MenuCheck>
      <MenuItem keepOpen onSelect={() => change({ warnPercent: nextWarn(warnPercent) })}>
        <TriangleAlert size={15} /> {t`Liquidation warning: ${warnPercent} % left`}
      </MenuItem>
    </>
  )
}

function HelpItems({ onHelp }: { onHelp: () => void }) {
  const navigate = useNavigate()
  const canInstall = useStore(isInstallable)
  return (
    <>
      <MenuItem onSelect={onHelp}>
        <Keyboard size={15} /> {t`Keyboard shortcuts`}
      </MenuItem>
      <MenuItem onSelect={() => navigate(paths.help)}>
        <BookOpen size={15} /> {t`How trading works`}
      </MenuItem>
      {canInstall && (
        <MenuItem onSelect={() => void install()}>
          <Download size={15} /> {t`Install Velox`}
        </MenuItem>
      )}
    </>
  )
}

function SignOutItem({ onGuest }: { onGuest: () => void }) {
  const me = useMe()
  const leave = useSignOut()
  if (useIsVisitor()) return null
  return (
    <>
      <MenuLine />
      <MenuItem onSelect={() => (me?.guest ? onGuest() : leave())}>
        <LogOut size={15} /> {t`Sign out`}
      </MenuItem>
    </>
  )
}
