import { t } from '@lingui/core/macro'
import { Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { SCALE } from '@/decimal'
import { Spread } from '@/features/tape/spread'
import { Tape } from '@/features/tape/tape'
import { writeRows } from '@/features/tape/tape-rows'
import { chooseMinValue, MIN_VALUES, minTradeValue } from '@/features/tape/tape-settings'
import * as format from '@/format'
import { subscribeTrades } from '@/live/connection'
import { oncePerFrame } from '@/live/frame-clock'
import { type Asset, assetInfo } from '@/markets'
import { useStore } from '@/store'
import { useTimeZone } from '@/time-zone'
import { IconButton } from '@/ui/button'

/** The number of rows: more than the highest screen shows. */
const ROWS = 80

const ROW_NUMBERS = Array.from({ length: ROWS }, (_, n) => n)

/** The last trades of a market, and above them the house's bid and ask. */
export function TapePanel({ asset }: { asset: Asset }) {
  const { base } = assetInfo(asset)
  const body = useRef<HTMLTableSectionElement>(null)
  const minValue = useStore(minTradeValue)
  const zone = useTimeZone()
  const [isHeld, setIsHeld] = useState(false)
  const [isHovered, setIsHovered] = useState(false)
  const isPaused = isHeld || isHovered
  const [tape] = useState(() => new Tape(ROWS, 0n))

  useEffect(() => {
    const rows = body.current
    if (!rows) return
    const write = () => writeRows(rows, tape.shown(), { asset, zone })
    tape.setMinValue(BigInt(minValue) * SCALE)
    write()
    return isPaused ? undefined : tape.watch(oncePerFrame(write))
  }, [tape, asset, zone, minValue, isPaused])

  useEffect(() => {
    tape.clear()
    return subscribeTrades(asset, ({ symbol, trades }) => {
      if (symbol === asset) tape.add(trades)
    })
  }, [tape, asset])

  return (
    <section aria-label={t`Trades`} className="flex h-full min-h-0 flex-col bg-panel">
      <Spread asset={asset} />
      <div className="flex h-9 max-lg:h-11 shrink-0 items-center justify-between gap-1 border-y border-line pr-1 pl-3">
        <h2 className="text-xs font-medium">{isPaused ? t`Trades, paused` : t`Trades`}</h2>
        <div className="flex items-center">
          <select
            aria-label={t`Smallest trade`}
            title={t`Show only trades of at least this value`}
            value={minValue}
            onChange={({ target }) => chooseMinValue(target.value)}
            className="h-7 max-lg:h-11 rounded border border-transparent bg-panel px-1 text-2xs text-soft hover:border-edge hover:text-ink"
          >
            {MIN_VALUES.map((value) => (
              <option key={value} value={value}>
                {value === 0 ? t`All sizes` : `≥ ${format.compact(BigInt(value) * SCALE)} USD`}
              </option>
            ))}
          </select>
          <IconButton
            label={isHeld ? t`Go on` : t`Pause the trades`}
            className="size-7 max-lg:size-11"
            onClick={() => setIsHeld(!isHeld)}
          >
            {isHeld ? <Play size={13} /> : <Pause size={13} />}
          </IconButton>
        </div>
      </div>
      <div
        className="min-h-0 flex-1 overflow-hidden"
        onPointerEnter={({ pointerType }) => setIsHovered(pointerType === 'mouse')}
        onPointerLeave={() => setIsHovered(false)}
      >
        <table aria-label={t`Trades`} className="w-full table-fixed border-collapse text-xs">
          <thead className="text-2xs text-faint">
            <tr className="h-7">
              <th scope="col" className="w-20 pl-3 text-left font-normal">
                {t`Price`}
              </th>
              <th scope="col" className="text-right font-normal">
                {t`Size (${base})`}
              </th>
              <th scope="col" className="w-17 pr-3 text-right font-normal">
                {t`Time`}
              </th>
            </tr>
          </thead>
          <tbody
            ref={body}
            data-testid="trades"
            className="[&_td]:h-5 [&_td]:leading-5 [&_td]:whitespace-nowrap [&_td:first-child]:pl-3 [&_td:last-child]:pr-3 [&_td:last-child]:text-right [&_td:last-child]:text-faint [&_td:nth-child(2)]:text-right"
          >
            {/* oxlint-disable jsx-a11y/control-has-associated-label -- `writeRows` fills the cells */}
            {ROW_NUMBERS.map((n) => (
              <tr key={n}>
                <td />
                <td />
                <td />
              </tr>
            ))}
            {/* oxlint-enable jsx-a11y/control-has-associated-label */}
          </tbody>
        </table>
      </div>
    </section>
  )
}
