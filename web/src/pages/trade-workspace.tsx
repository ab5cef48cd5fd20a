import { t } from '@lingui/core/macro'
import { lazy, type ReactNode, Suspense } from 'react'
import { ChartPanel } from '@/features/chart/chart-panel'
import { AssetBar } from '@/features/markets/asset-bar'
import { DEFAULT_LAYOUT, layout, layoutResets, ROOM_FOR_TAPE } from '@/pages/trade-layout'
import type { TradeView } from '@/pages/trade-page'
import { useStore } from '@/store'
import { propose } from '@/trading/proposal'
import { Panel, Panels, Splitter } from '@/ui/panels'
import { Loading } from '@/ui/states'
import { ToastPlace } from '@/ui/toast'
import { useMedia } from '@/ui/use-media'

const TapePanel = lazy(async () => ({
  default: (await import('@/features/tape/tape-panel')).TapePanel,
}))
const ChartGrid = lazy(async () => ({
  default: (await import('@/pages/chart-grid')).ChartGrid,
}))

type WorkspaceProps = Pick<TradeView, 'asset' | 'onAsset'> & {
  ticket: ReactNode
  positions: ReactNode
}

/** The panels of the trading page, arranged as the user has chosen. Tablets have the standard. */
export function TradeWorkspace({ asset, onAsset, ticket, positions }: WorkspaceProps) {
  const chosen = useStore(layout)
  const resets = useStore(layoutResets)
  const isDesktop = useMedia('(min-width: 64rem)')
  const hasRoom = useMedia(ROOM_FOR_TAPE)
  const { preset, ticketSide, positionsAt, showTape } = isDesktop ? chosen : DEFAULT_LAYOUT
  const isGrid = preset === 'grid'
  const stage = isGrid ? (
    <Suspense fallback={<Loading label={t`Loading the charts`} />}>
      <ChartGrid asset={asset} onAsset={onAsset} />
    </Suspense>
  ) : (
    <Stage asset={asset} onAsset={onAsset} hasTape={showTape && hasRoom && preset !== 'focus'} />
  )
  const chart = (
    <div className="relative h-full">
      {stage}
      {/* Over the candles, which stay clickable, and below the chart's buttons. */}
      <ToastPlace className="pointer-events-none absolute top-24 bottom-14 left-3 z-35 flex w-[min(22rem,60%)] flex-col justify-end overflow-hidden [&_[data-kind]]:pointer-events-none" />
    </div>
  )
  const place = { ticket, positions, chart, ticketSide }
  // Each arrangement has sizes of its own.
  const key = `${preset}-${ticketSide}-${positionsAt}-${resets}`
  if (preset === 'wide') return <Wide key={key} {...place} />
  if (preset === 'focus') return <Beside key={key} id="focus" {...place} positions={null} />
  const id = isGrid ? 'grid' : 'trade'
  return positionsAt === 'below' ? (
    <Beside key={key} id={id} {...place} />
  ) : (
    <Columns key={key} id={`${id}-columns`} {...place} />
  )
}

type Place = {
  ticket: ReactNode
  positions: ReactNode
  chart: ReactNode
  ticketSide: 'left' | 'right'
}

/** Chart and positions, one above the other, beside the order form. */
function Beside({ id, ticket, positions, chart, ticketSide }: Place & { id: string }) {
  const market = (
    <Panel id="market" min="40%">
      {positions === null ? (
        chart
      ) : (
        <Panels id={id === 'trade' ? 'market' : `${id}-market`} orientation="vertical">
          <Panel id="chart" min="25%">
            {chart}
          </Panel>
          <Splitter label={t`Resize the positions`} />
          <Panel id="positions" initial="32%" min="10%">
            {positions}
          </Panel>
        </Panels>
      )}
    </Panel>
  )
  return <WithTicket id={id} side={ticketSide} ticket={ticket} rest={market} />
}

/** Chart, positions and order form, side by side. */
function Columns({ id, ticket, positions, chart, ticketSide }: Place & { id: string }) {
  const rest = (
    <Panel id="market" min="50%">
      <Panels id={`${id}-market`} orientation="horizontal">
        <Panel id="chart" min="30%">
          {chart}
        </Panel>
        <Splitter label={t`Resize the positions`} />
        <Panel id="positions" initial="38%" min="20%">
          {positions}
        </Panel>
      </Panels>
    </Panel>
  )
  return <WithTicket id={id} side={ticketSide} ticket={ticket} rest={rest} />
}

/** The chart over the whole width; positions and order form below. */
function Wide({ ticket, positions, chart, ticketSide }: Place) {
  const rest = (
    <Panel id="positions" min="40%">
      {positions}
    </Panel>
  )
  return (
    <Panels id="wide" orientation="vertical">
      <Panel id="chart" min="25%">
        {chart}
      </Panel>
      <Splitter label={t`Resize the positions and the order form`} />
      <Panel id="below" initial="46%" min="20%">
        <WithTicket id="wide-below" side={ticketSide} ticket={ticket} rest={rest} />
      </Panel>
    </Panels>
  )
}

type WithTicketProps = {
  id: string
  side: 'left' | 'right'
  ticket: ReactNode
  rest: ReactNode
}

function WithTicket({ id, side, ticket, rest }: WithTicketProps) {
  const form = (
    <Panel id="ticket" initial="20rem" min="16rem" keepsSize>
      {ticket}
    </Panel>
  )
  const isLeft = side === 'left'
  return (
    <Panels id={isLeft ? `${id}-left` : id} orientation="horizontal">
      {isLeft ? form : rest}
      <Splitter label={t`Resize the order form`} />
      {isLeft ? rest : form}
    </Panels>
  )
}

type StageProps = Pick<TradeView, 'asset' | 'onAsset'> & { hasTape: boolean }

/** The market's figures and its chart, with the tape of trades beside it. */
function Stage({ asset, onAsset, hasTape }: StageProps) {
  return (
    <div className="flex h-full flex-col gap-px">
      <AssetBar asset={asset} onAsset={onAsset} />
      {/* One element for both, so that the chart stays when the tape comes or goes. */}
      <div className="flex min-h-0 flex-1 gap-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <ChartPanel asset={asset} onDraft={propose} />
        </div>
        {hasTape && (
          <div className="w-56 shrink-0">
            <Suspense fallback={<Loading label={t`Loading the trades`} />}>
              <TapePanel key={asset} asset={asset} />
            </Suspense>
          </div>
        )}
      </div>
    </div>
  )
}
