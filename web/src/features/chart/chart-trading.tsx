import { t } from '@lingui/core/macro'
import { lazy, type ReactNode, Suspense, useEffect, useEffectEvent, useMemo, useState } from 'react'
import { sentence } from '@/api/errors'
import type { ChartLines } from '@/features/chart/chart-lines'
import { chartSettings } from '@/features/chart/chart-settings'
import type { ChartView } from '@/features/chart/chart-view'
import { alertsOpen } from '@/features/chart/alerts-open'
import { FillTip } from '@/features/chart/fill-tip'
import type { FillMarks } from '@/features/chart/fill-marks'
import { dragLines } from '@/features/chart/line-drag'
import {
  type Line,
  lineOfAlert,
  type LineMove,
  linesOfOrder,
  linesOfPosition,
} from '@/features/chart/line-items'
import { partOf } from '@/features/chart/line-labels'
import { PriceMenu } from '@/features/chart/price-menu'
import { useFillMarks } from '@/features/chart/use-fill-marks'
import { triggeringQuote, valuingQuote } from '@/live/marks'
import { quoteOf, subscribeQuote } from '@/live/prices'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import { alerts as allAlerts, moveAlert, removeAlert } from '@/trading/alerts'
import type { ProposedOrder } from '@/trading/proposal'
import { useAccount, useCancelOrder, useModifyPosition } from '@/trading/queries'
import { tellCanceled, tellExits } from '@/trading/undo'
import { toast } from '@/ui/toast'

const MoveDialog = lazy(async () => ({
  default: (await import('@/features/chart/move-dialog')).MoveDialog,
}))
const LinesDialog = lazy(async () => ({
  default: (await import('@/features/chart/lines-dialog')).LinesDialog,
}))
const AlertsDialog = lazy(async () => ({
  default: (await import('@/features/chart/alerts-dialog')).AlertsDialog,
}))

export type TradingParts = {
  view: ChartView
  lines: ChartLines
  marks: FillMarks
  chart: HTMLElement
  layer: HTMLElement
}

type ChartTradingProps = {
  parts: TradingParts
  asset: Asset
  /** Whether candles are shown. */
  isReady: boolean
  onDraft?: ((order: ProposedOrder) => void) | undefined
}

/** What the trader has on the chart: lines with their dialogs, fills, and the menu at a price. */
export function ChartTrading({ parts, asset, isReady, onDraft }: ChartTradingProps) {
  const { view, lines, marks, chart, layer } = parts
  const [dropped, setDropped] = useState<LineMove | null>(null)
  const [listed, setListed] = useState<readonly string[] | null>(null)
  const [words, setWords] = useState('')
  const isAlertsOpen = useStore(alertsOpen)
  const own = useOwnLines(asset)
  const remove = useRemoval()
  useLines(parts, asset, own)
  useFillMarks(view, marks, asset, isReady)

  function close(): void {
    setDropped(null)
    lines.setMove(null)
  }
  useDrags(parts, asset, {
    onDrop(move) {
      if (move.kind !== 'alert') return setDropped(move)
      moveAlert(move.alert.id, move.price)
      lines.setMove(null)
    },
    onTell: setWords,
    onRemove: (line) => remove(line),
    onList: setListed,
  })

  const listedLines = listed && own.lines.filter(({ id }) => listed.includes(id))
  return (
    <>
      <output className="sr-only">{words}</output>
      <FillTip marks={marks} chart={chart} />
      <PriceMenu
        view={view}
        chart={chart}
        layer={layer}
        asset={asset}
        onDraft={onDraft}
        onAlerts={() => alertsOpen.set(true)}
      />
      <Later when={dropped !== null}>
        <MoveDialog move={dropped} onClose={close} />
      </Later>
      <Later when={listed !== null}>
        <LinesDialog
          lines={listedLines}
          onClose={() => setListed(null)}
          onShow={(line) => {
            setListed(null)
            lines.reveal(line.id)
          }}
          onRemove={remove}
        />
      </Later>
      <Later when={isAlertsOpen}>
        <AlertsDialog open={isAlertsOpen} onClose={() => alertsOpen.set(false)} />
      </Later>
    </>
  )
}

/** Loads its content once it is needed, and keeps it, so that a dialog can close. */
function Later({ when, children }: { when: boolean; children: ReactNode }) {
  const [isWanted, setIsWanted] = useState(when)
  if (when && !isWanted) setIsWanted(true)
  return isWanted && <Suspense fallback={null}>{children}</Suspense>
}

type Own = Pick<Parameters<ChartLines['set']>[1], 'positions' | 'orders' | 'alerts'>

const NOTHING = { positions: [], orders: [] }

/** What the account has in a market, as far as the settings show it. */
function useOwnLines(asset: Asset): Required<Own> & { lines: readonly Line[] } {
  const { showPositions } = useStore(chartSettings)
  const { positions: allPositions, orders: allOrders } = useAccount().data ?? NOTHING
  const known = useStore(allAlerts)
  return useMemo(() => {
    const isOwn = (each: { asset: Asset }) => each.asset === asset
    const positions = showPositions ? allPositions.filter(isOwn) : []
    const orders = showPositions ? allOrders.filter(isOwn) : []
    const alerts = known.filter(isOwn)
    const lines = [
      ...positions.flatMap(linesOfPosition),
      ...orders.flatMap(linesOfOrder),
      ...alerts.map(lineOfAlert),
    ]
    return { positions, orders, alerts, lines }
  }, [allPositions, allOrders, known, asset, showPositions])
}

function useLines({ lines }: TradingParts, asset: Asset, own: Required<Own>): void {
  const { showQuote } = useStore(chartSettings)
  const { positions, orders, alerts } = own
  useEffect(() => {
    lines.set(asset, { positions, orders, alerts })
  }, [lines, asset, positions, orders, alerts])
  useEffect(() => {
    const draw = () => {
      lines.set(asset, { quote: showQuote ? quoteOf(asset) : null, value: valuingQuote(asset) })
    }
    draw()
    return subscribeQuote(asset, draw)
  }, [lines, asset, showQuote])
}

type Handlers = {
  onDrop: (move: LineMove) => void
  onTell: (words: string) => void
  onRemove: (line: Line) => void
  onList: (ids: readonly string[]) => void
}

/** Lets lines be moved, and their labels be pressed. */
function useDrags({ view, lines, chart, layer }: TradingParts, asset: Asset, handlers: Handlers) {
  const info = assetInfo(asset)
  const onDrop = useEffectEvent((move: LineMove) => handlers.onDrop(move))
  const tell = useEffectEvent((words: string) => handlers.onTell(words))
  const press = useEffectEvent((event: MouseEvent) => {
    const part = partOf(event.target)
    if (!part) return
    const [first, ...others] = lines.linesOf(part.id)
    if (!first) return
    if (part.part === 'remove') handlers.onRemove(first)
    if (part.part === 'list') handlers.onList([first, ...others].map(({ id }) => id))
    if (part.part !== 'arrow') return
    if (first.kind === 'last') view.chart.priceScale('right').setAutoScale(true)
    else lines.scrollTo(first.price)
  })
  useEffect(() => {
    const quote = () => triggeringQuote(asset)
    const leave = dragLines(chart, layer, {
      view,
      lines,
      info,
      quote,
      onDrop: (move) => onDrop(move),
      tell: (words) => tell(words),
    })
    const onClick = (event: MouseEvent) => press(event)
    // The chart scrolls and zooms also where a label is over it.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      chart.firstElementChild?.dispatchEvent(new WheelEvent('wheel', event))
    }
    layer.addEventListener('click', onClick)
    layer.addEventListener('wheel', onWheel)
    return () => {
      leave()
      layer.removeEventListener('wheel', onWheel)
      layer.removeEventListener('click', onClick)
    }
  }, [view, lines, chart, layer, asset, info])
}

/** Returns a function that removes a line: cancels the order, or deletes the exit or the alert. */
function useRemoval(): (line: Line) => void {
  const cancel = useCancelOrder()
  const modify = useModifyPosition()
  return (line) => {
    if (line.kind === 'alert') return removeAlert(line.alert.id)
    // Promises, because the line may be gone, and with it its callbacks, before the answer is there.
    if (line.kind === 'order') {
      cancel.mutateAsync(line.order.orderId).then(
        ({ order }) => tellCanceled([order]),
        (error: unknown) => toast('error', t`The order was not canceled`, sentence(error)),
      )
      return
    }
    if (line.kind !== 'exit') return
    const isStop = line.exit === 'stopLoss'
    const request = { orderId: line.position.orderId, request: { [line.exit]: null } }
    modify.mutateAsync(request).then(
      () => tellExits(line.position, isStop ? t`Stop-loss removed` : t`Take-profit removed`),
      (error: unknown) => {
        const title = isStop ? t`The stop-loss was not removed` : t`The take-profit was not removed`
        toast('error', title, sentence(error))
      },
    )
  }
}
