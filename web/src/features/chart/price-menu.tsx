import { t } from '@lingui/core/macro'
import { Bell, Copy, ListOrdered, RotateCcw } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { fixedPlain, toStep } from '@/decimal'
import type { ChartView } from '@/features/chart/chart-view'
import { offersAt, offerWords } from '@/features/chart/price-offers'
import { watchPress } from '@/features/chart/watch-press'
import * as format from '@/format'
import { quoteOf } from '@/live/prices'
import { type Asset, assetInfo, priceTick } from '@/markets'
import { inNotation } from '@/notation'
import { useStore } from '@/store'
import { addAlert, alerts, ALERTS_MAX } from '@/trading/alerts'
import type { ProposedOrder } from '@/trading/proposal'
import { cx } from '@/ui/class-names'
import { copy } from '@/ui/copy'
import { MenuItem, MenuLabel, MenuLine } from '@/ui/menu'
import { PointMenu } from '@/ui/point-menu'
import { toast } from '@/ui/toast'

type Point = { x: number; y: number; price: bigint }

type PriceMenuProps = {
  view: ChartView
  /** The element of the chart, in whose corner the coordinates begin. */
  chart: HTMLElement
  /** The element over the price pane. */
  layer: HTMLElement
  asset: Asset
  /** Fills an order form; without one, there are no orders in the menu. */
  onDraft?: ((order: ProposedOrder) => void) | undefined
  onAlerts: () => void
}

/** The menu at a price of the chart: by the right button, a long press, or the + at the axis. */
export function PriceMenu({ view, chart, layer, asset, onDraft, onAlerts }: PriceMenuProps) {
  const [at, setAt] = useState<Point | null>(null)
  const openAt = (x: number, y: number) => {
    const reached = y <= paneHeight(view) ? view.priceAt(y) : null
    if (reached === null || reached <= 0n) return
    setAt({ x, y, price: toStep(reached, priceTick(assetInfo(asset)), 'nearest') })
  }
  const ask = useEffectEvent(openAt)
  useEffect(() => watchPress(chart, (x, y) => ask(x, y)), [chart])
  const last = () => {
    const price = view.lastClose()
    const y = price === null ? null : view.heightOf(price)
    if (price === null || y === null) return
    setAt({
      x: chart.clientWidth / 2,
      y,
      price: toStep(price, priceTick(assetInfo(asset)), 'nearest'),
    })
  }
  return (
    <>
      {createPortal(
        <>
          <button
            type="button"
            onClick={last}
            className="pointer-events-auto absolute bottom-2 left-2 z-20 rounded border border-edge bg-raised px-2 py-1 text-xs text-ink not-focus-visible:sr-only"
          >
            {t`Orders and alerts at a price`}
          </button>
          <Plus view={view} onOpen={(y) => openAt(chart.clientWidth, y)} />
        </>,
        layer,
      )}
      <PointMenu at={at} onClose={() => setAt(null)} label={t`At this price`}>
        {at && (
          <Items
            asset={asset}
            price={at.price}
            onDraft={onDraft}
            onAlerts={onAlerts}
            onReset={() => {
              view.showNow()
              view.chart.timeScale().applyOptions({ barSpacing: BAR_SPACING })
            }}
          />
        )}
      </PointMenu>
    </>
  )
}

/** The distance between candles after a reset, in pixels. */
const BAR_SPACING = 8

const paneHeight = (view: ChartView) => view.chart.panes()[0]?.getHeight() ?? 0

type ItemsProps = Pick<PriceMenuProps, 'asset' | 'onDraft' | 'onAlerts'> & {
  price: bigint
  onReset: () => void
}

function Items({ asset, price, onDraft, onAlerts, onReset }: ItemsProps) {
  const count = useStore(alerts).length
  const { base } = assetInfo(asset)
  const text = format.price(asset, price)
  const quote = quoteOf(asset)
  const offers = onDraft && quote ? offersAt(price, quote) : []
  return (
    <>
      <MenuLabel>{t`${base} at ${text}`}</MenuLabel>
      {offers.map(({ side, kind }) => (
        <MenuItem key={`${side} ${kind}`} onSelect={() => onDraft?.({ asset, side, kind, price })}>
          <span className={cx('size-2 rounded-full', side === 'BUY' ? 'bg-up' : 'bg-down')} />
          {offerWords({ side, kind }, text)}
        </MenuItem>
      ))}
      {offers.length > 0 && <MenuLine />}
      <MenuItem onSelect={() => setAlert(asset, price)}>
        <Icon>
          <Bell size={14} />
        </Icon>
        {t`Set alert at ${text}`}
      </MenuItem>
      {count > 0 && (
        <MenuItem onSelect={onAlerts}>
          <Icon>
            <ListOrdered size={14} />
          </Icon>
          {t`Price alerts (${count})…`}
        </MenuItem>
      )}
      <MenuItem onSelect={() => void copyPrice(asset, price)}>
        <Icon>
          <Copy size={14} />
        </Icon>
        {t`Copy price`}
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={onReset}>
        <Icon>
          <RotateCcw size={14} />
        </Icon>
        {t`Reset chart`}
      </MenuItem>
    </>
  )
}

function Icon({ children }: { children: ReactNode }) {
  return (
    <span aria-hidden className="text-soft">
      {children}
    </span>
  )
}

function setAlert(asset: Asset, price: bigint): void {
  const problem = addAlert(asset, price)
  const { base } = assetInfo(asset)
  const text = format.price(asset, price)
  if (problem === 'NO_PRICE') toast('error', t`There is no price yet to compare the alert with.`)
  else if (problem === 'TOO_MANY') {
    toast('error', t`There can be ${ALERTS_MAX} alerts. Delete one that you don’t need.`)
  } else toast('success', t`Alert set: ${base} at ${text}`)
}

async function copyPrice(asset: Asset, price: bigint): Promise<void> {
  // Without the separators, so that it can be pasted into a field.
  const plain = inNotation(fixedPlain(price, assetInfo(asset).priceDecimals, 'nearest'))
  try {
    await copy(plain)
    toast('success', t`Copied ${plain}`)
  } catch {
    toast('error', t`The browser did not copy the price.`)
  }
}

/** The + beside the axis, at the height of the crosshair. */
function Plus({ view, onOpen }: { view: ChartView; onOpen: (y: number) => void }) {
  const ref = useRef<HTMLButtonElement>(null)
  const height = useRef(0)
  useEffect(() => {
    const button = ref.current
    if (!button) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const move = ({ point, paneIndex }: { point?: { y: number }; paneIndex?: number }) => {
      clearTimeout(timer)
      const isInside = point !== undefined && (paneIndex ?? 0) === 0
      if (isInside) {
        height.current = point.y
        button.style.transform = `translateY(calc(${point.y}px - 50%))`
        button.hidden = false
        return
      }
      // The pointer may just have come to the button.
      timer = setTimeout(() => (button.hidden = !button.matches(':hover')), LEAVING_MS)
    }
    view.chart.subscribeCrosshairMove(move)
    const leave = () => (button.hidden = true)
    button.addEventListener('pointerleave', leave)
    return () => {
      clearTimeout(timer)
      button.removeEventListener('pointerleave', leave)
      view.chart.unsubscribeCrosshairMove(move)
    }
  }, [view])
  return (
    <button
      ref={ref}
      type="button"
      hidden
      tabIndex={-1}
      aria-label={t`Order or alert at this price`}
      title={t`Order or alert at this price`}
      onClick={() => onOpen(height.current)}
      className="pointer-events-auto absolute top-0 right-0.5 z-20 flex size-5 items-center justify-center rounded-sm border border-edge bg-raised text-sm leading-none text-ink hover:bg-hover [&[hidden]]:hidden pointer-coarse:size-7"
    >
      +
    </button>
  )
}

/** The time in which the pointer gets from the canvas to the button. */
const LEAVING_MS = 80
