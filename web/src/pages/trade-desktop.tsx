import { Link } from 'react-router'
import { AccountBar } from '@/features/account/account-bar'
import { AccountSwitch } from '@/features/account/account-switch'
import { ConnectionBadge } from '@/features/account/connection-badge'
import { KeepAccountButton } from '@/features/account/keep-account'
import { ProfileMenu } from '@/features/account/profile-menu'
import { TroubleBanner } from '@/features/account/trouble-banner'
import { ChartPanel } from '@/features/chart/chart-panel'
import { AssetBar } from '@/features/markets/asset-bar'
import { Bell } from '@/features/notices/bell'
import { PositionsPanel } from '@/features/positions/positions-panel'
import { FirstSteps } from '@/features/steps/lazy-steps'
import { OrderTicket } from '@/features/ticket/order-ticket'
import type { TradeView } from '@/pages/trade-page'
import { VisitorPositions } from '@/pages/trade-visitor'
import { paths } from '@/paths'
import { useIsVisitor } from '@/session'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { Panel, Panels, Splitter } from '@/ui/panels'
import { ToastPlace } from '@/ui/toast'

/** The wide layout: chart and positions at the left, the order form at the right. */
export function TradeDesktop({ asset, onAsset, side, onSide, onHelp }: TradeView) {
  const isVisitor = useIsVisitor()
  return (
    <div className="flex h-dvh flex-col gap-1 overflow-hidden bg-ground">
      <header className="flex h-12 shrink-0 items-center gap-6 bg-panel px-3">
        <Link to={paths.landing} aria-label="Velox, start page">
          <Logo />
        </Link>
        {!isVisitor && <AccountBar className="hidden min-w-0 flex-1 overflow-hidden xl:flex" />}
        <div className="ml-auto flex items-center gap-2">
          <AccountSwitch className="max-w-40" />
          <ConnectionBadge />
          <KeepAccountButton />
          <LinkButton to={paths.help} look="ghost">
            Help
          </LinkButton>
          {isVisitor ? (
            <LinkButton to={paths.signInThen(`${paths.trade}?asset=${asset}`)}>Sign in</LinkButton>
          ) : (
            <Bell />
          )}
          <ProfileMenu onHelp={onHelp} />
        </div>
      </header>
      <TroubleBanner />
      <FirstSteps asset={asset} />
      <main className="min-h-0 flex-1">
        <h1 className="sr-only">Trade {asset}</h1>
        <Panels id="trade" orientation="horizontal">
          <Panel id="market" min="40%">
            <Panels id="market" orientation="vertical">
              <Panel id="chart" min="25%">
                <div className="relative flex h-full flex-col gap-px">
                  <AssetBar asset={asset} onAsset={onAsset} />
                  <ChartPanel asset={asset} />
                  {/* Over the candles, which stay clickable, and below the chart's buttons. */}
                  <ToastPlace className="pointer-events-none absolute top-24 bottom-14 left-3 z-35 flex w-[min(22rem,60%)] flex-col justify-end overflow-hidden [&_[data-kind]]:pointer-events-none" />
                </div>
              </Panel>
              <Splitter label="Resize the positions" />
              <Panel id="positions" initial="32%" min="10%">
                {isVisitor ? <VisitorPositions /> : <PositionsPanel onAsset={onAsset} />}
              </Panel>
            </Panels>
          </Panel>
          <Splitter label="Resize the order form" />
          <Panel id="ticket" initial="20rem" min="17rem" keepsSize>
            <div className="h-full overflow-y-auto bg-panel">
              <OrderTicket key={asset} asset={asset} side={side} onSide={onSide} />
              {!isVisitor && (
                <AccountBar className="grid grid-cols-2 border-t border-line p-3 xl:hidden" />
              )}
            </div>
          </Panel>
        </Panels>
      </main>
    </div>
  )
}
