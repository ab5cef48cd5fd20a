import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import {
  Bell,
  BookOpen,
  ChartNoAxesCombined,
  ChevronRight,
  Clock,
  LogOut,
  Mail,
  MessageCircleQuestionMark,
  Moon,
  TriangleAlert,
  Trophy,
  UserCog,
  Volume2,
} from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { mulDiv, SCALE, toPixel } from '@/decimal'
import { useKeepPath } from '@/features/account/keep-account'
import { LanguageField } from '@/features/account/language-choice'
import { nextWarn, useSignOut } from '@/features/account/preferences'
import { Equity, Realized, Unrealized } from '@/features/account/totals'
import * as format from '@/format'
import { paths } from '@/paths'
import { useMe } from '@/session'
import { change, settings } from '@/settings'
import { useStore } from '@/store'
import { chooseTheme, nextTheme, THEME_NAMES, themeChoice } from '@/theme'
import { allowNotifications } from '@/trading/notification-permission'
import { useAccount } from '@/trading/queries'
import { Switch } from '@/ui/switch'

const LeaveGuestDialog = lazy(async () => ({
  default: (await import('@/features/account/leave-guest-dialog')).LeaveGuestDialog,
}))

/** The account view of the phone layout: value, settings and links. */
export function AccountOverview() {
  const me = useMe()
  const keepPath = useKeepPath()
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto p-2">
      <Worth />
      <Preferences />
      <nav aria-label={t`Account`} className={LIST}>
        <Link to={paths.account} className={ROW}>
          <UserCog size={16} className="text-faint" aria-hidden />
          <span className="min-w-0 flex-1">
            {t`Profile, accounts, API keys`}
            <span className="block truncate text-xs text-faint">
              {me?.guest ? t`Guest account` : me?.email}
            </span>
          </span>
          <ChevronRight size={16} className="text-faint" aria-hidden />
        </Link>
        {keepPath !== null && (
          <Link to={keepPath} className={ROW}>
            <Mail size={16} className="text-accent" aria-hidden />
            <span className="flex-1 text-accent">{t`Keep this account: add an email`}</span>
            <ChevronRight size={16} className="text-faint" aria-hidden />
          </Link>
        )}
        <Link to={paths.portfolio} className={ROW}>
          <ChartNoAxesCombined size={16} className="text-faint" aria-hidden />
          <span className="flex-1">{t`Portfolio`}</span>
          <ChevronRight size={16} className="text-faint" aria-hidden />
        </Link>
        <Link to={paths.leaderboard} className={ROW}>
          <Trophy size={16} className="text-faint" aria-hidden />
          <span className="flex-1">{t`Leaderboard`}</span>
          <ChevronRight size={16} className="text-faint" aria-hidden />
        </Link>
        <Link to={paths.help} className={ROW}>
          <BookOpen size={16} className="text-faint" aria-hidden />
          <span className="flex-1">{t`How trading works`}</span>
          <ChevronRight size={16} className="text-faint" aria-hidden />
        </Link>
        <SignOut />
      </nav>
    </div>
  )
}

const LIST = 'flex flex-col divide-y divide-line rounded-lg border border-line bg-panel'
const ROW = 'flex min-h-12 w-full items-center gap-3 px-4 py-2 text-left'

function Worth() {
  const account = useAccount().data
  const usd = (value: bigint | undefined) =>
    value === undefined ? format.UNKNOWN : format.usd(value)
  const balance = account && account.free + account.usedMargin + account.reserved
  return (
    <section aria-label={t`Account value`} className="rounded-lg border border-line bg-panel p-4">
      <p className="text-xs text-faint">{t`Equity`}</p>
      <p className="mt-1 text-3xl font-semibold tracking-tight">
        <Equity /> <span className="text-sm font-normal text-faint">USD</span>
      </p>
      <p className="mt-1 text-xs text-soft">
        <Trans>
          <Unrealized /> unrealized
        </Trans>
      </p>
      <MarginBar used={account?.usedMargin} balance={balance} />
      <dl className="mt-4 grid grid-cols-2 gap-x-4 gap-y-3">
        <Figure name={t`Used margin`}>
          {account ? format.usd(account.usedMargin, 'ceiling') : format.UNKNOWN}
        </Figure>
        <Figure name={t`Free margin`}>{usd(account?.free)}</Figure>
        <Figure name={t`Balance`}>{usd(balance)}</Figure>
        <Figure name={t`Net realized P&L`}>
          <Realized />
        </Figure>
      </dl>
    </section>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-2xs text-faint">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The share of the balance that is used as margin. */
function MarginBar({ used, balance }: { used: bigint | undefined; balance: bigint | undefined }) {
  const share = used && balance ? mulDiv(used, SCALE, balance, 'nearest') : 0n
  const percent = Math.min(100, toPixel(share) * 100)
  const rounded = Math.round(percent)
  return (
    <div
      role="img"
      aria-label={t`${rounded} % of the balance is used as margin`}
      className="mt-4 h-1.5 overflow-hidden rounded-full bg-hover"
    >
      <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
    </div>
  )
}

function Preferences() {
  const { confirmOrders, confirmClose, sound, notifications, warnPercent, timeZone } =
    useStore(settings)
  const choice = useStore(themeChoice)
  return (
    <section aria-label={t`Settings`} className={LIST}>
      <button type="button" className={ROW} onClick={() => chooseTheme(nextTheme(choice))}>
        <Moon size={16} className="text-faint" aria-hidden />
        <span className="flex-1">{t`Theme`}</span>
        <span className="text-accent">{THEME_NAMES[choice]}</span>
      </button>
      <LanguageField className={ROW} />
      <Setting
        Icon={MessageCircleQuestionMark}
        checked={confirmOrders}
        onChange={(on) => change({ confirmOrders: on })}
      >
        {t`Confirm orders`}
      </Setting>
      <Setting
        Icon={MessageCircleQuestionMark}
        checked={confirmClose}
        onChange={(on) => change({ confirmClose: on })}
      >
        {t`Confirm before closing`}
      </Setting>
      <Setting Icon={Volume2} checked={sound} onChange={(on) => change({ sound: on })}>
        {t`Sound alerts`}
      </Setting>
      <Setting Icon={Bell} checked={notifications} onChange={(on) => void allowNotifications(on)}>
        {t`Browser notifications`}
      </Setting>
      <Setting
        Icon={Clock}
        checked={timeZone === 'utc'}
        onChange={(on) => change({ timeZone: on ? 'utc' : 'local' })}
      >
        {t`Times in UTC`}
      </Setting>
      <button
        type="button"
        className={ROW}
        onClick={() => change({ warnPercent: nextWarn(warnPercent) })}
      >
        <TriangleAlert size={16} className="text-faint" aria-hidden />
        <span className="flex-1">{t`Liquidation warning`}</span>
        <span className="text-accent">{t`${warnPercent} % left`}</span>
      </button>
    </section>
  )
}

type SettingProps = {
  Icon: typeof Moon
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}

function Setting({ Icon, checked, onChange, children }: SettingProps) {
  return (
    <Switch checked={checked} onChange={onChange} className={ROW}>
      <Icon size={16} className="text-faint" aria-hidden />
      <span className="flex-1">{children}</span>
    </Switch>
  )
}

function SignOut() {
  const leave = useSignOut()
  const isGuest = useMe()?.guest ?? false
  const [isAsking, setIsAsking] = useState(false)
  return (
    <>
      <button type="button" className={ROW} onClick={() => (isGuest ? setIsAsking(true) : leave())}>
        <LogOut size={16} className="text-faint" aria-hidden />
        <span className="flex-1">{t`Sign out`}</span>
      </button>
      {isAsking && (
        <Suspense>
          <LeaveGuestDialog onClose={() => setIsAsking(false)} />
        </Suspense>
      )}
    </>
  )
}
