import { useState } from 'react'
import { type Source, SOURCE_NAMES, SOURCES } from '@/features/chart/bars'
import { changeIndicator, removeIndicator } from '@/features/chart/chart-settings'
import { Choice, ColourField } from '@/features/chart/setting-fields'
import {
  type Anchor,
  ANCHORS,
  type IndicatorSpec,
  isAllowed,
  KINDS,
  newIndicator,
  type Param,
} from '@/features/chart/indicator-specs'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Field } from '@/ui/field'

const ANCHOR_NAMES: Record<Anchor, string> = { day: 'Day', week: 'Week', month: 'Month' }

type IndicatorDialogProps = { spec: IndicatorSpec; onClose: () => void }

/** The settings of one indicator, which are applied at once where they are valid. */
export function IndicatorDialog({ spec, onClose }: IndicatorDialogProps) {
  const { id, kind, source, anchor, colours, isHidden } = spec
  const info = KINDS[kind]
  const [texts, setTexts] = useState(spec.params.map(String))

  const typed = (index: number, text: string) => {
    const next = texts.with(index, text)
    setTexts(next)
    const params = next.map(Number)
    const isValid = info.params.every(
      (param, at) => next[at]?.trim() !== '' && isAllowed(param, params[at]),
    )
    if (isValid) changeIndicator(id, { params })
  }
  const reset = () => {
    const { params, source, anchor, colours } = newIndicator(kind, [])
    setTexts(params.map(String))
    changeIndicator(id, { params, source, anchor, colours })
  }
  return (
    <Dialog open onClose={onClose} title={info.title}>
      <div className="flex flex-col gap-3">
        {info.params.map((param, index) => (
          <Field
            key={param.label}
            label={param.label}
            value={texts[index] ?? ''}
            onChange={({ target }) => typed(index, target.value)}
            problem={problemOf(param, texts[index] ?? '')}
            inputMode="decimal"
            autoComplete="off"
            {...(index === 0 ? { 'data-first': true } : {})}
          />
        ))}
        {info.hasSource && (
          <Choice<Source>
            label="Source"
            value={source}
            options={SOURCES.map((each) => [each, SOURCE_NAMES[each]])}
            onChange={(next) => changeIndicator(id, { source: next })}
          />
        )}
        {kind === 'vwap' && (
          <Choice<Anchor>
            label="Begins each"
            value={anchor}
            options={ANCHORS.map((each) => [each, ANCHOR_NAMES[each]])}
            onChange={(next) => changeIndicator(id, { anchor: next })}
          />
        )}
        <div className="flex flex-wrap gap-4">
          {info.colours.map(({ label }, index) => (
            <ColourField
              key={label}
              label={label}
              value={colours[index] ?? '#000000'}
              onChange={(colour) => changeIndicator(id, { colours: colours.with(index, colour) })}
            />
          ))}
        </div>
        <div className="flex gap-1 pt-1">
          <Button look="ghost" onClick={reset}>
            Reset
          </Button>
          <Button look="ghost" onClick={() => changeIndicator(id, { isHidden: !isHidden })}>
            {isHidden ? 'Show' : 'Hide'}
          </Button>
          <Button look="ghost" onClick={() => removeIndicator(id)}>
            Remove
          </Button>
          <Button look="primary" className="ml-auto" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

function problemOf(param: Param, text: string): string | null {
  if (text.trim() !== '' && isAllowed(param, Number(text))) return null
  const { min, max, step } = param
  return step === 1
    ? `Enter a whole number from ${min} to ${max}`
    : `Enter a number from ${min} to ${max}`
}
