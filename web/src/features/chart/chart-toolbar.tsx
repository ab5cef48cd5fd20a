import { i18n, type MessageDescriptor } from '@lingui/core'
import { msg, t } from '@lingui/core/macro'
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

const TYPES: Record<ChartType, { name: MessageDescriptor; icon: ReactNode }> = {
  candles: {
    name: msg({ message: 'Candles', context: 'chart type' }),
    icon: <ChartCandlestick size={16} />,
  },
  bars: {
    name: msg({ message: 'Bars', context: 'chart type' }),
    icon: <ChartNoAxesColumn size={16} />,
  },
  line: { name: msg({ message: 'Line', context: 'chart type' }), icon: <ChartLine size={16} /> },
  area: { name: msg({ message: 'Area', context: 'chart type' }), icon: <ChartArea size={16} /> },
  heikinAshi: {
    name: msg({ message: 'Heikin-Ashi', context: 'chart type' }),
    icon: <ChartCandlestick size={16} className="text-accent" />,
  },
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
    <div role="group" aria-label={t`Chart toolbar`} className="flex h-full items-center gap-1">
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
            title={t`Logarithmic scale (L)`}
            onClick={toggleLog}
            className="h-7 rounded px-2 text-xs text-soft hover:text-ink aria-pressed:bg-hover aria-pressed:text-accent"
          >
            {t`Log`}
          </button>
          <IconButton label={t`Go to date`} onClick={openDate}>
            <Calendar size={15} />
          </IconButton>
          <PictureMenu />
        </div>
        <OptionsMenu onDate={openDate} />
        <IconButton label={isFull ? t`Exit full screen (F)` : t`Full screen (F)`} onClick={onFull}>
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
          label={t`Timeframe`}
          value={timeframe}
          onChange={choose}
          options={options(TIMEFRAMES)}
        />
      </div>
      <div className="flex min-w-0 items-center @2xl:hidden">
        <Segmented
          label={t`Favourite timeframes`}
          value={timeframe}
          onChange={choose}
          options={options(shown)}
          className="min-w-0 overflow-x-auto"
        />
        <Menu
          align="start"
          trigger={
            <IconButton label={t`All timeframes`} className="w-6">
              <ChevronDown size={14} />
            </IconButton>
          }
        >
          <MenuChoice
            label={t`Timeframe`}
            value={timeframe}
            options={options(TIMEFRAMES)}
            onChange={choose}
          />
          <MenuLine />
          <MenuLabel>{t`Favourites, which have a button`}</MenuLabel>
          {TIMEFRAMES.map((each) => (
            <MenuItem key={each} keepOpen onSelect={() => toggleFavourite(each)}>
              <Star
                size={14}
                aria-hidden
                className={cx(favourites.includes(each) ? 'fill-warn text-warn' : 'text-faint')}
              />
              {favourites.includes(each) ? t`Remove ${each}` : t`Add ${each}`}
            </MenuItem>
          ))}
        </Menu>
      </div>
    </>
  )
}

function TypeMenu() {
  const { chartType } = useStore(chartSettings)
  const name = i18n._(TYPES[chartType].name)
  return (
    <Menu
      align="start"
      trigger={<IconButton label={t`Chart type: ${name}`}>{TYPES[chartType].icon}</IconButton>}
    >
      <MenuChoice
        label={t`Chart type`}
        value={chartType}
        options={CHART_TYPES.map((each) => ({
          value: each,
          label: (
            <>
              {TYPES[each].icon} {i18n._(TYPES[each].name)}
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
        {i18n._(KINDS[kind].title)}
      </MenuItem>
    ))
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={t`Indicators`}
          title={t`Indicators`}
          className="inline-flex h-8 shrink-0 items-center gap-1 rounded-md px-2 text-xs text-soft hover:bg-hover hover:text-ink"
        >
          <SquareFunction size={16} aria-hidden />
          <span className={WIDE}>{t`Indicators`}</span>
        </button>
      }
    >
      {isFull ? (
        <MenuLabel>{t`At most ${INDICATORS_MAX} indicators are shown; remove one first.`}</MenuLabel>
      ) : (
        <>
          <MenuLabel>{t`Over the candles`}</MenuLabel>
          {items(false)}
          <MenuLine />
          <MenuLabel>{t`In a pane below`}</MenuLabel>
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
        <IconButton label={t`Picture of the chart`}>
          <Camera size={15} />
        </IconButton>
      }
    >
      <MenuItem onSelect={save}>{t`Download picture`}</MenuItem>
      <MenuItem onSelect={copy}>{t`Copy picture`}</MenuItem>
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
        <IconButton label={t`Chart options`}>
          <SlidersHorizontal size={15} />
        </IconButton>
      }
    >
      <MenuItem onSelect={onDate}>{t`Go to date`}</MenuItem>
      <MenuItem onSelect={save}>{t`Download picture`}</MenuItem>
      <MenuItem onSelect={copy}>{t`Copy picture`}</MenuItem>
      <MenuLine />
      <MenuLabel>{t`Lines`}</MenuLabel>
      <MenuCheck checked={showQuote} onChange={(on) => changeChart({ showQuote: on })}>
        {t`Bid and ask`}
      </MenuCheck>
      <MenuCheck checked={showPositions} onChange={(on) => changeChart({ showPositions: on })}>
        {t`Positions and orders`}
      </MenuCheck>
      <MenuCheck checked={showFills} onChange={(on) => changeChart({ showFills: on })}>
        {t`Fills`}
      </MenuCheck>
      <MenuItem onSelect={() => alertsOpen.set(true)}>{t`Price alerts…`}</MenuItem>
      <MenuLine />
      <MenuCheck checked={showCountdown} onChange={(on) => changeChart({ showCountdown: on })}>
        {t`Time until the candle ends`}
      </MenuCheck>
      <MenuCheck checked={isLog} onChange={(on) => changeChart({ isLog: on })}>
        {t`Logarithmic scale`}
      </MenuCheck>
      <MenuCheck checked={showTools} onChange={(on) => changeChart({ showTools: on })}>
        {t`Drawing tools at the left`}
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
      make(t`The picture was downloaded`, t`The picture could not be made`, (code, chart) =>
        code.downloadPicture(chart),
      ),
    copy: () =>
      make(
        t`The picture was copied`,
        t`This browser did not let the picture be copied; download it instead`,
        (code, chart) => code.copyPicture(chart),
      ),
  }
}
