import { t } from '@lingui/core/macro'
import { Eye, EyeOff, Settings2, X } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { fromPixel } from '@/decimal'
import { changeIndicator, removeIndicator } from '@/features/chart/chart-settings'
import {
  type IndicatorKind,
  indicatorName,
  type IndicatorSpec,
} from '@/features/chart/indicator-specs'
import type { Value } from '@/features/chart/indicators'
import * as format from '@/format'
import type { Asset } from '@/markets'
import { cx } from '@/ui/class-names'

const IndicatorDialog = lazy(async () => ({
  default: (await import('@/features/chart/indicator-dialog')).IndicatorDialog,
}))

/** More than any price or volume; what is beyond it has no amount. */
const VALUE_MAX = 9e10

/** An indicator's name, values and buttons in the legend. */
export function IndicatorRow({ spec }: { spec: IndicatorSpec }) {
  const { id, kind, colours, isHidden } = spec
  const [isOpen, setIsOpen] = useState(false)
  const name = indicatorName(spec)
  return (
    <li className="group pointer-events-auto flex w-fit max-w-full flex-wrap items-center gap-x-2 rounded hover:bg-panel">
      <span
        className={cx(
          'font-medium whitespace-nowrap',
          isHidden ? 'text-faint line-through' : 'text-soft',
        )}
      >
        {name}
      </span>
      {/* Volume has one value in two colours. */}
      {colours.slice(0, kind === 'volume' ? 1 : undefined).map((colour, index) => (
        <span
          // oxlint-disable-next-line react/no-array-index-key -- the lines of an indicator are fixed
          key={index}
          className="flex items-center gap-1 tabular-nums [@media(hover:none)]:order-last"
        >
          <span aria-hidden className="h-2.5 w-0.5" style={{ backgroundColor: colour }} />
          <span data-indicator={id} data-kind-of={kind} />
        </span>
      ))}
      <span className="flex opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 [@media(hover:none)]:opacity-100">
        <RowButton
          label={isHidden ? t`Show ${name}` : t`Hide ${name}`}
          isForMouse
          onClick={() => changeIndicator(id, { isHidden: !isHidden })}
        >
          {isHidden ? <EyeOff size={12} /> : <Eye size={12} />}
        </RowButton>
        <RowButton label={t`Settings of ${name}`} onClick={() => setIsOpen(true)}>
          <Settings2 size={12} />
        </RowButton>
        <RowButton label={t`Remove ${name}`} isForMouse onClick={() => removeIndicator(id)}>
          <X size={12} />
        </RowButton>
      </span>
      {isOpen && (
        <Suspense>
          <IndicatorDialog spec={spec} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </li>
  )
}

type RowButtonProps = {
  label: string
  /** Whether fingers find it in the settings instead, for which there is more place. */
  isForMouse?: boolean
  onClick: () => void
  children: ReactNode
}

function RowButton({ label, isForMouse = false, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className={cx(
        'inline-flex size-6 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink',
        isForMouse && '[@media(hover:none)]:hidden',
      )}
    >
      {children}
    </button>
  )
}

/** Writes the values into the rows within an element, outside React, since they change with ticks. */
export function writeIndicators(
  root: HTMLElement,
  asset: Asset,
  values: ReadonlyMap<string, readonly Value[]>,
): void {
  const counts = new Map<string, number>()
  for (const span of root.querySelectorAll<HTMLElement>('[data-indicator]')) {
    const { indicator = '', kindOf } = span.dataset
    const index = counts.get(indicator) ?? 0
    counts.set(indicator, index + 1)
    const value = values.get(indicator)?.[index] ?? null
    span.textContent = valueText(asset, kindOf as IndicatorKind, value)
  }
}

export function valueText(asset: Asset, kind: IndicatorKind, value: Value): string {
  if (value === null || Math.abs(value) > VALUE_MAX) return format.UNKNOWN
  const amount = fromPixel(value)
  if (kind === 'volume') return format.compact(amount)
  return kind === 'rsi' ? format.usd(amount) : format.price(asset, amount)
}
