import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { REACH_PAGES } from '@/features/chart/candle-feed'
import { type ChartHandle, type OpenChart, useChartHandle } from '@/features/chart/chart-handle'
import { changeChart } from '@/features/chart/chart-settings'
import { reachingTimeframe } from '@/features/chart/jump'
import { fromInput, toInput } from '@/features/chart/zoned-input'
import type { Timeframe } from '@/live/frames'
import { useStore } from '@/store'
import { useTimeZone, ZoneName } from '@/time-zone'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'
import { useClock } from '@/ui/use-clock'

/** The number of candles of a page of older ones. */
const PAGE_LEN = 1_000

/** Asks for a date and time, loads the candles until there, and shows it in the middle. */
export function DateDialog({ onClose }: { onClose: () => void }) {
  const handle = useChartHandle()
  const zone = useTimeZone()
  const chart = useStore(handle)
  const [text, setText] = useState(() => toInput(Date.now() / 1_000, zone))
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')
  const time = fromInput(text, zone)
  const now = useClock() / 1_000
  const problem =
    time === null ? t`Enter a date and time` : time > now ? t`This time is yet to come` : null
  const timeframe =
    chart && time !== null
      ? reachingTimeframe(chart.timeframe, now - time, REACH_PAGES * PAGE_LEN)
      : null
  const isOther = timeframe !== null && timeframe !== chart?.timeframe

  async function submit(): Promise<void> {
    if (problem !== null || time === null || timeframe === null) return
    setState('busy')
    try {
      await jumpTo(handle, time, timeframe)
      onClose()
    } catch {
      setState('failed')
    }
  }
  return (
    <Dialog open onClose={onClose} title={t`Go to date`}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field
          label={
            <Trans>
              Date and time (<ZoneName />)
            </Trans>
          }
          type="datetime-local"
          value={text}
          max={toInput(now, zone)}
          problem={problem}
          hint={isOther ? t`So far back, the chart shows candles of ${timeframe}` : null}
          onChange={({ target }) => setText(target.value)}
          data-first
        />
        {state === 'failed' && (
          <p role="alert" className="text-xs text-down">
            {t`The candles could not be loaded. Try again.`}
          </p>
        )}
        <Button look="primary" type="submit" pending={state === 'busy'}>
          {t({ message: 'Go', context: 'date' })}
        </Button>
      </form>
    </Dialog>
  )
}

async function jumpTo(handle: ChartHandle, time: number, timeframe: Timeframe): Promise<void> {
  const opened = whenOpen(handle, timeframe)
  changeChart({ timeframe })
  const chart = await opened
  await chart.feed()?.reach(time)
  chart.view.showTime(time)
}

/** Waits until the chart has been opened with a timeframe. */
function whenOpen(handle: ChartHandle, timeframe: Timeframe): Promise<OpenChart> {
  return new Promise((resolve) => {
    const check = () => {
      const chart = handle.get()
      if (chart?.timeframe !== timeframe) return
      leave()
      resolve(chart)
    }
    const leave = handle.subscribe(check)
    check()
  })
}
