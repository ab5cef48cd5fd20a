import { i18n } from '@lingui/core'
import { t } from '@lingui/core/macro'
import { useState } from 'react'
import { type Source, sourceName, SOURCES } from '@/features/chart/bars'
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
import { inNotation } from '@/notation'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField } from '@/ui/field'

function anchorName(anchor: Anchor): string {
  return {
    day: t({ message: 'Day', context: 'span' }),
    week: t({ message: 'Week', context: 'span' }),
    month: t({ message: 'Month', context: 'span' }),
  }[anchor]
}

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
    <Dialog open onClose={onClose} title={i18n._(info.title)}>
      <div className="flex flex-col gap-3">
        {info.params.map((param, index) => (
          <AmountField
            key={param.label.id}
            label={i18n._(param.label)}
            value={texts[index] ?? ''}
            onText={(text) => typed(index, text)}
            problem={problemOf(param, texts[index] ?? '')}
            {...(index === 0 ? { 'data-first': true } : {})}
          />
        ))}
        {info.hasSource && (
          <Choice<Source>
            label={t`Source`}
            value={source}
            options={SOURCES.map((each) => [each, sourceName(each)])}
            onChange={(next) => changeIndicator(id, { source: next })}
          />
        )}
        {kind === 'vwap' && (
          <Choice<Anchor>
            label={t`Begins each`}
            value={anchor}
            options={ANCHORS.map((each) => [each, anchorName(each)])}
            onChange={(next) => changeIndicator(id, { anchor: next })}
          />
        )}
        <div className="flex flex-wrap gap-4">
          {info.colours.map(({ label }, index) => (
            <ColourField
              key={label.id}
              label={i18n._(label)}
              value={colours[index] ?? '#000000'}
              onChange={(colour) => changeIndicator(id, { colours: colours.with(index, colour) })}
            />
          ))}
        </div>
        <div className="flex gap-1 pt-1">
          <Button look="ghost" onClick={reset}>
            {t`Reset`}
          </Button>
          <Button look="ghost" onClick={() => changeIndicator(id, { isHidden: !isHidden })}>
            {isHidden ? t`Show` : t`Hide`}
          </Button>
          <Button look="ghost" onClick={() => removeIndicator(id)}>
            {t`Remove`}
          </Button>
          <Button look="primary" className="ml-auto" onClick={onClose}>
            {t`Done`}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

function problemOf(param: Param, text: string): string | null {
  if (text.trim() !== '' && isAllowed(param, Number(text))) return null
  const min = inNotation(String(param.min))
  const max = inNotation(String(param.max))
  return param.step === 1
    ? t`Enter a whole number from ${min} to ${max}`
    : t`Enter a number from ${min} to ${max}`
}
