import { i18n } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
import { CandlestickChart, CircleDollarSign, ListOrdered, Rows3, Wallet } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { type Command, useCommands } from '@/commands'
import { AccountSwitch } from '@/features/account/account-switch'
import { ConnectionBadge } from '@/features/account/connection-badge'
import { KeepAccountStrip } from '@/features/account/keep-account'
import { ProfileMenu } from '@/features/account/profile-menu'
import { TroubleBanner } from '@/features/account/trouble-banner'
import { ChartPanel } from '@/features/chart/chart-panel'
import { AssetBar } from '@/features/markets/asset-bar'
import { Bell } from '@/features/notices/bell'
import { PositionsPanel } from '@/features/positions/positions-panel'
import { FirstSteps } from '@/features/steps/lazy-steps'
import { OrderTicket } from '@/features/ticket/order-ticket'
import { sideCommands } from '@/pages/side-commands'
import type { TradeView } from '@/pages/trade-page'
import { VisitorAccount, VisitorPositions } from '@/pages/trade-visitor'
import { paths } from '@/paths'
import { useIsVisitor } from '@/session'
import { useStore } from '@/store'
import { proposal, propose } from '@/trading/proposal'
import { useAccount } from '@/trading/queries'
import { useWantedTab } from '@/trading/wanted-tab'
import { Button } from '@/ui/button'
import type { Side } from '@/rules'
import { cx } from '@/ui/class-names'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { Loading } from '@/ui/states'
import { Segmented } from '@/ui/tabs'
import { ToastPlace } from '@/ui/toast'

const AccountOverview = lazy(async () => ({
  default: (await import('@/features/account/account-overview')).AccountOverview,
}))

const TapePanel = lazy(async () => ({
  default: (await import('@/features/tape/tape-panel')).TapePanel,
}))

/** The views of the navigation. */
const VIEWS = [
  { view: 'chart', label: msg`Chart`, Icon: CandlestickChart },
  { view: 'order', label: msg`Trade`, Icon: CircleDollarSign },
  { view: 'positions', label: msg`Positions`, Icon: ListOrdered },
  { view: 'account', label: msg`Account`, Icon: Wallet },
] as const

/** The tape of trades, which is shown in place of the chart. */
const TAPE = { view: 'tape', label: msg`Trades`, Icon: Rows3 } as const

type View = (typeof VIEWS)[number]['view'] | 'tape'

/** What the chart's view shows. */
const STAGES = [VIEWS[0], TAPE]
type Stage = (typeof STAGES)[number]['view']

/** The phone layout: one view at a time, with the navigation at the bottom. */
export function TradePhone({ asset, onAsset, side, onSide, onHelp }: TradeView) {
  const [view, setView] = useState<View>('chart')
  const isVisitor = useIsVisitor()
  const isStage = view === 'chart' || view === 'tape'
  useWantedTab(() => setView('positions'))
  // The order form takes it.
  const isProposed = useStore(proposal)?.asset === asset
  if (isProposed && view !== 'order') setView('order')
  const open = useAccount().data?.positions.length ?? 0
  const toOrder = (chosen: Side) => {
    onSide(chosen)
    setView('order')
  }
  useCommands([
    ...sideCommands(asset),
    ...[...VIEWS, TAPE].map(({ view: each, label }): Command => {
      const name = i18n._(label)
      return {
        id: `view-${each}`,
        group: 'Layout',
        label: t`Show: ${name}`,
        words: t({ message: 'view tab', context: 'search words' }),
        run: () => setView(each),
      }
    }),
  ])
  return (
    <div className="flex h-dvh flex-col bg-ground">
      <header className="flex h-12 shrink-0 items-center justify-between gap-2 bg-panel px-3">
        <Logo />
        <div className="flex shrink-0 items-center gap-1">
          <ConnectionBadge />
          {isVisitor ? (
            <LinkButton to={paths.signInThen(`${paths.trade}?asset=${asset}`)} size="sm">
              {t({ message: 'Sign in', context: 'short' })}
            </LinkButton>
          ) : (
            <>
              <LinkButton to={paths.help} look="ghost" className="px-1.5">
                {t`Help`}
              </LinkButton>
              <Bell />
            </>
          )}
          <ProfileMenu onHelp={onHelp} />
        </div>
      </header>
      <div className="flex shrink-0 bg-panel px-3 pb-2 empty:hidden">
        <AccountSwitch className="flex-1" />
      </div>
      <TroubleBanner />
      <FirstSteps asset={asset} after={<KeepAccountStrip />} />
      <main id="content" className="flex min-h-0 flex-1 flex-col border-t border-line">
        <h1 className="sr-only">{t`Trade ${asset}`}</h1>
        {(isStage || view === 'order') && <AssetBar asset={asset} onAsset={onAsset} />}
        {view === 'chart' && <ChartPanel asset={asset} onDraft={propose} />}
        {view === 'tape' && (
          <div className="min-h-0 flex-1">
            <Suspense fallback={<Loading label={t`Loading the trades`} />}>
              <TapePanel key={asset} asset={asset} />
            </Suspense>
          </div>
        )}
        {isStage && <StageBar stage={view} onStage={setView} onSide={toOrder} />}
        {view === 'order' && (
          <div className="relative min-h-0 flex-1 overflow-y-auto bg-panel">
            <OrderTicket key={asset} asset={asset} side={side} onSide={onSide} />
          </div>
        )}
        {view === 'positions' && isVisitor && <VisitorPositions />}
        {view === 'positions' && !isVisitor && (
          <PositionsPanel
            onAsset={(chosen) => {
              onAsset(chosen)
              setView('chart')
            }}
          />
        )}
        {view === 'account' && (
          <Suspense fallback={<Loading />}>
            {isVisitor ? <VisitorAccount /> : <AccountOverview />}
          </Suspense>
        )}
      </main>
      <ToastPlace className="shrink-0 px-3 has-[li]:py-2" />
      <nav
        aria-label={t`Views`}
        className="grid shrink-0 grid-cols-4 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)]"
      >
        {VIEWS.map(({ view: each, label, Icon }) => {
          const isShown = view === each || (isStage && each === 'chart')
          return (
            <button
              key={each}
              type="button"
              aria-current={isShown ? 'page' : undefined}
              onClick={() => setView(each)}
              className={cx(
                'flex h-14 flex-col items-center justify-center gap-1 text-2xs',
                isShown ? 'text-accent' : 'text-soft',
              )}
            >
              <Icon size={20} aria-hidden />
              {i18n._(label)}
              {each === 'positions' && open > 0 && ` (${open})`}
            </button>
          )
        })}
      </nav>
    </div>
  )
}

type StageBarProps = {
  stage: Stage
  onStage: (stage: Stage) => void
  onSide: (side: Side) => void
}

/** The choice between chart and trades, and the buttons that lead to the order form. */
function StageBar({ stage, onStage, onSide }: StageBarProps) {
  return (
    <div className="grid grid-cols-[auto_1fr_1fr] gap-2 bg-panel p-2">
      <Segmented
        label={t`Chart or trades`}
        value={stage}
        onChange={onStage}
        options={STAGES.map(({ view, label, Icon }) => ({
          value: view,
          label: (
            <span className="flex flex-col items-center gap-0.5 text-2xs">
              <Icon size={16} aria-hidden />
              {i18n._(label)}
            </span>
          ),
        }))}
        className="[&_button]:h-11 [&_button]:min-w-11 [&_button]:px-1.5"
      />
      <Button look="long" size="lg" className="px-2!" onClick={() => onSide('LONG')}>
        {t({ message: 'Long', context: 'button' })}
      </Button>
      <Button look="short" size="lg" className="px-2!" onClick={() => onSide('SHORT')}>
        {t({ message: 'Short', context: 'button' })}
      </Button>
    </div>
  )
}
