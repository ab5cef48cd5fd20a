import {
  Calendar,
  Camera,
  ChartArea,
  ChartCandlestick,
  ChartLine,
  ChartNoAxesColumn,
  ChevronDown,
  Maximize,
  Minimize,
  SlidersHorizontal,
  SquareFunction,
  Star,
} from 'lucide-react'
import { alertsOpen } from '@/features/chart/alerts-open'
import type * as Pictures from '@/features/chart/screenshot'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { type OpenChart, useChartHandle } from '@/features/chart/chart-handle'
import {
  addIndicator,
  changeChart,
  CHART_TYPES,
  chartSettings,
  type ChartType,
  toggleFavourite,
} from '@/features/chart/chart-settings'
import { DrawingMenu } from '@/features/chart/drawing-tools'
import { INDICATOR_KINDS, INDICATORS_MAX, KINDS } from '@/features/chart/indicator-specs'
import { type Timeframe, TIMEFRAMES } from '@/live/frames'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLabel, MenuLine } from '@/ui/menu'
import { Segmented } from '@/ui/tabs'
import { toast } from '@/ui/toast'
import { useKeys } from '@/ui/use-keys'

const DateDialog = lazy(async () => ({
  default: (await import('@/features/chart/date-dialog')).DateDialog,
}))

const TYPES: Record<ChartType, { name: string; icon: ReactNode }> = {
  candles: { name: 'Candles', icon: <ChartCandlestick size={16} /> },
  bars: { name: 'Bars', icon: <ChartNoAxesColumn size={16} /> },
  line: { name: 'Line', icon: <ChartLine size={16} /> },
  area: { name: 'Area', icon: <ChartArea size={16} /> },
  heikinAshi: { name: 'Heikin-Ashi', icon: <ChartCandlestick size={16} className="text-accent" /> },
}

/** Around what is only shown where there is place. The options have it too. */
const WIDE = 'hidden @2xl:block'

type TimeframeProps = { timeframe: Timeframe; onTimeframe: (timeframe: Timeframe) => void }

type ChartToolbarProps = TimeframeProps & {
  asset: Asset
  /** Whether the page's keys are about this chart. */
  hasKeys: boolean
  isFull: boolean
  onFull: () => void
}

export function ChartToolbar(props: ChartToolbarProps) {
  const { asset, timeframe, onTimeframe, hasKeys, isFull, onFull } = props
  const { isLog } = useStore(chartSettings)
  const [isDateOpen, setIsDateOpen] = useState(false)
  const toggleLog = () => changeChart({ isLog: !isLog })
  const openDate = () => setIsDateOpen(true)
  useKeys(hasKeys ? { f: onFull, l: toggleLog } : {})
  return (
    <div role="group" aria-label="Chart toolbar" className="flex h-full items-center gap-1">
      <Timeframes timeframe={timeframe} onTimeframe={onTimeframe} />
      <span aria-hidden className="h-5 w-px shrink-0 bg-line" />
      <TypeMenu />
      <IndicatorMenu />
      <DrawingMenu asset={asset} className="@2xl:hidden" />
      <div className="ml-auto flex items-center">
        <div className="hidden items-center @2xl:flex">
          <button
            type="button"
            aria-pressed={isLog}
            title="Logarithmic scale (L)"
            onClick={toggleLog}
            className="h-7 rounded px-2 text-xs text-soft hover:text-ink aria-pressed:bg-hover aria-pressed:text-accent"
          >
            Log
          </button>
          <IconButton label="Go to date" onClick={openDate}>
            <Calendar size={15} />
          </IconButton>
          <PictureMenu />
        </div>
        <OptionsMenu onDate={openDate} />
        <IconButton label={isFull ? 'Exit full screen (F)' : 'Full screen (F)'} onClick={onFull}>
          {isFull ? <Minimize size={15} /> : <Maximize size={15} />}
        </IconButton>
      </div>
      {isDateOpen && (
        <Suspense>
          <DateDialog onClose={() => setIsDateOpen(false)} />
        </Suspense>
      )}
    </div>
  )
}

/** All timeframes where there is place; elsewhere the favourites, and a menu of all. */
function Timeframes({ timeframe, onTimeframe: choose }: TimeframeProps) {
  const { favourites } = useStore(chartSettings)
  const shown = TIMEFRAMES.filter((each) => favourites.includes(each) || each === timeframe)
  const options = (list: readonly Timeframe[]) => list.map((each) => ({ value: each, label: each }))
  return (
    <>
      <div className={WIDE}>
        <Segmented
          label="Timeframe"
          value={timeframe}
          onChange={choose}
          options={options(TIMEFRAMES)}
        />
      </div>
      <div className="flex min-w-0 items-center @2xl:hidden">
        <Segmented
          label="Favourite timeframes"
          value={timeframe}
          onChange={choose}
          options={options(shown)}
          className="min-w-0 overflow-x-auto"
        />
        <Menu
          align="start"
          trigger={
            <IconButton label="All timeframes" className="w-6">
              <ChevronDown size={14} />
            </IconButton>
          }
        >
          <MenuChoice
            label="Timeframe"
            value={timeframe}
            options={options(TIMEFRAMES)}
            onChange={choose}
          />
          <MenuLine />
          <MenuLabel>Favourites, which have a button</MenuLabel>
          {TIMEFRAMES.map((each) => (
            <MenuItem key={each} keepOpen onSelect={() => toggleFavourite(each)}>
              <Star
                size={14}
                aria-hidden
                className={cx(favourites.includes(each) ? 'fill-warn text-warn' : 'text-faint')}
              />
              {favourites.includes(each) ? `Remove ${each}` : `Add ${each}`}
            </MenuItem>
          ))}
        </Menu>
      </div>
    </>
  )
}

function TypeMenu() {
  const { chartType } = useStore(chartSettings)
  return (
    <Menu
      align="start"
      trigger={
        <IconButton label={`Chart type: ${TYPES[chartType].name}`}>
          {TYPES[chartType].icon}
        </IconButton>
      }
    >
      <MenuChoice
        label="Chart type"
        value={chartType}
        options={CHART_TYPES.map((each) => ({
          value: each,
          label: (
            <>
              {TYPES[each].icon} {TYPES[each].name}
            </>
          ),
        }))}
        onChange={(next) => changeChart({ chartType: next })}
      />
    </Menu>
  )
}

/** Adds indicators; those that are shown are changed and removed in the legend. */
function IndicatorMenu() {
  const { indicators } = useStore(chartSettings)
  const isFull = indicators.length >= INDICATORS_MAX
  const items = (hasPane: boolean) =>
    INDICATOR_KINDS.filter((kind) => KINDS[kind].hasPane === hasPane).map((kind) => (
      <MenuItem key={kind} onSelect={() => addIndicator(kind)}>
        {KINDS[kind].title}
      </MenuItem>
    ))
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label="Indicators"
          title="Indicators"
          className="inline-flex h-8 shrink-0 items-center gap-1 rounded-md px-2 text-xs text-soft hover:bg-hover hover:text-ink"
        >
          <SquareFunction size={16} aria-hidden />
          <span className={WIDE}>Indicators</span>
        </button>
      }
    >
      {isFull ? (
        <MenuLabel>At most {INDICATORS_MAX} indicators are shown; remove one first.</MenuLabel>
      ) : (
        <>
          <MenuLabel>Over the candles</MenuLabel>
          {items(false)}
          <MenuLine />
          <MenuLabel>In a pane below</MenuLabel>
          {items(true)}
        </>
      )}
    </Menu>
  )
}

function PictureMenu() {
  const { save, copy } = usePicture()
  return (
    <Menu
      trigger={
        <IconButton label="Picture of the chart">
          <Camera size={15} />
        </IconButton>
      }
    >
      <MenuItem onSelect={save}>Download picture</MenuItem>
      <MenuItem onSelect={copy}>Copy picture</MenuItem>
    </Menu>
  )
}

/** What there is no button for: in narrow charts, also what has one in wide charts. */
function OptionsMenu({ onDate }: { onDate: () => void }) {
  const { isLog, showQuote, showPositions, showFills, showCountdown, showTools } =
    useStore(chartSettings)
  const { save, copy } = usePicture()
  return (
    <Menu
      trigger={
        <IconButton label="Chart options">
          <SlidersHorizontal size={15} />
        </IconButton>
      }
    >
      <MenuItem onSelect={onDate}>Go to date</MenuItem>
      <MenuItem onSelect={save}>Download picture</MenuItem>
      <MenuItem onSelect={copy}>Copy picture</MenuItem>
      <MenuLine />
      <MenuLabel>Lines</MenuLabel>
      <MenuCheck checked={showQuote} onChange={(on) => changeChart({ showQuote: on })}>
        Bid and ask
      </MenuCheck>
      <MenuCheck checked={showPositions} onChange={(on) => changeChart({ showPositions: on })}>
        Positions and orders
      </MenuCheck>
      <MenuCheck checked={showFills} onChange={(on) => changeChart({ showFills: on })}>
        Fills
      </MenuCheck>
      <MenuItem onSelect={() => alertsOpen.set(true)}>Price alerts…</MenuItem>
      <MenuLine />
      <MenuCheck checked={showCountdown} onChange={(on) => changeChart({ showCountdown: on })}>
        Time until the candle ends
      </MenuCheck>
      <MenuCheck checked={isLog} onChange={(on) => changeChart({ isLog: on })}>
        Logarithmic scale
      </MenuCheck>
      <MenuCheck checked={showTools} onChange={(on) => changeChart({ showTools: on })}>
        Drawing tools at the left
      </MenuCheck>
    </Menu>
  )
}

/** Pictures of the open chart; the code that makes them is loaded with the first. */
function usePicture(): { save: () => void; copy: () => void } {
  const handle = useChartHandle()
  const make = (
    done: string,
    failed: string,
    work: (code: typeof Pictures, chart: OpenChart) => Promise<void>,
  ) => {
    const chart = handle.get()
    if (!chart) return
    import('@/features/chart/screenshot')
      .then((code) => work(code, chart))
      .then(
        () => toast('success', done),
        () => toast('error', failed),
      )
  }
  return {
    save: () =>
      make('The picture was downloaded', 'The picture could not be made', (code, chart) =>
        code.downloadPicture(chart),
      ),
    copy: () =>
      make(
        'The picture was copied',
        'This browser did not let the picture be copied; download it instead',
        (code, chart) => code.copyPicture(chart),
      ),
  }
}
