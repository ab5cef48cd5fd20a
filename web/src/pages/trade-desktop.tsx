import { t } from '@lingui/core/macro'
import { Link } from 'wouter'
import { useCommands } from '@/commands'
import { AccountBar } from '@/features/account/account-bar'
import { AccountSwitch } from '@/features/account/account-switch'
import { ConnectionBadge } from '@/features/account/connection-badge'
import { KeepAccountButton } from '@/features/account/keep-account'
import { ProfileMenu } from '@/features/account/profile-menu'
import { TroubleBanner } from '@/features/account/trouble-banner'
import { Bell } from '@/features/notices/bell'
import { PositionsPanel } from '@/features/positions/positions-panel'
import { FirstSteps } from '@/features/steps/lazy-steps'
import { OrderTicket } from '@/features/ticket/order-ticket'
import { LayoutMenu, useLayoutCommands } from '@/pages/layout-menu'
import { sideCommands } from '@/pages/side-commands'
import type { TradeView } from '@/pages/trade-page'
import { VisitorPositions } from '@/pages/trade-visitor'
import { TradeWorkspace } from '@/pages/trade-workspace'
import { paths } from '@/paths'
import { useIsVisitor, useMe } from '@/session'
import { LinkButton } from '@/ui/link-button'
import { Logo } from '@/ui/logo'
import { MessageBar } from '@/ui/message-bar'
import { SearchButton } from '@/ui/search-button'
import { useMedia } from '@/ui/use-media'

/** The layout of tablets and desktops, with all panels side by side. */
export function TradeDesktop({ asset, onAsset, side, onSide, onHelp }: TradeView) {
  const isDesktop = useMedia('(min-width: 64rem)')
  const layoutCommands = useLayoutCommands()
  useCommands([...sideCommands(asset), ...(isDesktop ? layoutCommands : [])])
  const isVisitor = useIsVisitor()
  // A guest has one button more, and finds the pages in the menu of the account.
  const link = useMe()?.guest ? 'px-2 max-2xl:hidden' : 'px-2'
  return (
    <div className="flex h-dvh flex-col gap-1 overflow-hidden bg-ground">
      <header className="flex h-12 shrink-0 items-center gap-6 bg-panel px-3">
        <Link to={paths.landing} aria-label={t`Velox, start page`}>
          <Logo />
        </Link>
        {!isVisitor && (
          <AccountBar className="hidden h-8 min-w-0 flex-1 flex-wrap overflow-hidden xl:flex" />
        )}
        <div className="ml-auto flex items-center gap-2">
          <AccountSwitch className="max-w-40" />
          <ConnectionBadge />
          <KeepAccountButton />
          <SearchButton className="max-lg:hidden" />
          <LinkButton to={paths.markets} look="ghost" className={link}>
            {t`Markets`}
          </LinkButton>
          {!isVisitor && (
            <LinkButton to={paths.portfolio} look="ghost" className={link}>
              {t`Portfolio`}
            </LinkButton>
          )}
          <LinkButton to={paths.help} look="ghost" className={link}>
            {t`Help`}
          </LinkButton>
          {isDesktop && <LayoutMenu />}
          {isVisitor ? (
            <LinkButton
              to={paths.signInThen(`${paths.trade}?asset=${asset}`)}
            >{t`Sign in`}</LinkButton>
          ) : (
            <Bell />
          )}
          <ProfileMenu onHelp={onHelp} />
        </div>
      </header>
      <TroubleBanner />
      <FirstSteps asset={asset} />
      <main id="content" className="min-h-0 flex-1">
        <h1 className="sr-only">{t`Trade ${asset}`}</h1>
        <TradeWorkspace
          asset={asset}
          onAsset={onAsset}
          positions={isVisitor ? <VisitorPositions /> : <PositionsPanel onAsset={onAsset} />}
          ticket={
            <div className="relative h-full overflow-y-auto bg-panel">
              <OrderTicket key={asset} asset={asset} side={side} onSide={onSide} />
              {!isVisitor && (
                <AccountBar className="grid grid-cols-2 border-t border-line p-3 xl:hidden" />
              )}
            </div>
          }
        />
      </main>
      <MessageBar />
    </div>
  )
}
