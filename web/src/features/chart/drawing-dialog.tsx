import { t } from '@lingui/core/macro'
import { useState } from 'react'
import { fixedPlain, fromPixel, parse, toPixel } from '@/decimal'
import { ColourField } from '@/features/chart/setting-fields'
import {
  changeDrawing,
  type Drawing,
  type DrawingPoint,
  removeDrawings,
  TEXT_MAX,
  toolName,
} from '@/features/chart/drawings'
import { fromInput, toInput } from '@/features/chart/zoned-input'
import { type Asset, assetInfo } from '@/markets'
import { useTimeZone, ZoneName } from '@/time-zone'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { AmountField, Field } from '@/ui/field'

/** The colour that is proposed to who leaves the theme's. */
const FIRST_COLOUR = '#3f9df5'

type DrawingDialogProps = { asset: Asset; drawing: Drawing; onClose: () => void }

/** The settings of a drawing, which are applied at once where they are valid. */
export function DrawingDialog({ asset, drawing, onClose }: DrawingDialogProps) {
  const { id, tool, points, colour, text } = drawing
  const change = (part: Partial<Drawing>) => changeDrawing(asset, id, part)
  return (
    <Dialog open onClose={onClose} title={toolName(tool)}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          onClose()
        }}
      >
        {tool === 'text' && (
          <Field
            label={t({ message: 'Text', context: 'drawing' })}
            value={text}
            maxLength={TEXT_MAX}
            onChange={({ target }) => change({ text: target.value })}
            problem={text.trim() === '' ? t`Enter a text` : null}
            data-first
          />
        )}
        {points.map((point, index) => (
          <PointFields
            // oxlint-disable-next-line react/no-array-index-key -- the points of a drawing are fixed
            key={index}
            asset={asset}
            point={point}
            number={points.length > 1 ? index + 1 : null}
            hasTime={tool !== 'horizontalLine'}
            onChange={(next) => change({ points: points.with(index, next) })}
          />
        ))}
        <div className="flex items-center gap-4">
          <ColourField
            label={t`Colour`}
            value={colour ?? FIRST_COLOUR}
            onChange={(next) => change({ colour: next })}
          />
          {colour !== null && (
            <Button look="ghost" size="sm" onClick={() => change({ colour: null })}>
              {t`Use the theme’s colour`}
            </Button>
          )}
        </div>
        <div className="flex justify-between pt-1">
          <Button look="ghost" onClick={() => removeDrawings(asset, id)}>
            {t`Delete`}
          </Button>
          <Button look="primary" type="submit">
            {t`Done`}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

type PointFieldsProps = {
  asset: Asset
  point: DrawingPoint
  /** The number of the point; null if it is the only one. */
  number: number | null
  hasTime: boolean
  onChange: (point: DrawingPoint) => void
}

function PointFields({ asset, point, number, hasTime, onChange }: PointFieldsProps) {
  const zone = useTimeZone()
  const { priceDecimals } = assetInfo(asset)
  const [priceText, setPriceText] = useState(() =>
    fixedPlain(fromPixel(point.price), priceDecimals, 'nearest'),
  )
  const [timeText, setTimeText] = useState(() => toInput(point.time, zone))
  const parsed = parse(priceText)
  const problem = parsed.ok ? null : parsed.problem
  const time = fromInput(timeText, zone)
  return (
    <fieldset className="grid grid-cols-2 gap-2">
      <legend className="sr-only">{number === null ? t`Point` : t`Point ${number}`}</legend>
      {hasTime && (
        <Field
          label={
            <>
              {number === null ? t`Time` : t`Time ${number}`} (<ZoneName />)
            </>
          }
          type="datetime-local"
          dense
          value={timeText}
          problem={time === null ? t`Enter a date and time` : null}
          onChange={({ target }) => {
            setTimeText(target.value)
            const next = fromInput(target.value, zone)
            if (next !== null) onChange({ ...point, time: next })
          }}
        />
      )}
      <AmountField
        label={number === null ? t`Price` : t`Price ${number}`}
        dense
        value={priceText}
        problem={problem === null ? null : t`Price: ${problem}`}
        onText={(text) => {
          setPriceText(text)
          const next = parse(text)
          if (next.ok) onChange({ ...point, price: toPixel(next.value) })
        }}
      />
    </fieldset>
  )
}
