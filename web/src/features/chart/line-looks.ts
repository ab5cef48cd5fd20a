/** The looks of lines and of their labels. */

import { t } from '@lingui/core/macro'
import type { ChartColours } from '@/features/chart/chart-theme'
import {
  isMovable,
  isRemovable,
  type Line,
  type LineMove,
  lineOfMove,
} from '@/features/chart/line-items'
import type { LabelSpec, Tone } from '@/features/chart/line-labels'
import type { Arrow, Label } from '@/features/chart/line-layout'
import {
  distanceWords,
  figureOf,
  groupWords,
  lineDetail,
  lineWords,
  removalName,
} from '@/features/chart/line-words'
import * as format from '@/format'
import type { Asset } from '@/markets'
import type { Quote } from '@/rules'

/** What labels depend on, besides their lines. */
export type Look = {
  asset: Asset
  /** The prices that value positions, as last read. */
  value: Quote | null
  last: bigint
  move: LineMove | null
  /** The line under the mouse. */
  pointed: string | null
}

const SOLID: readonly number[] = []
const DOTTED = [1, 2]
const DASHED = [4, 4]
const LONG_DASHED = [8, 5]

export const DASHES: Record<Line['kind'], readonly number[]> = {
  entry: DASHED,
  exit: SOLID,
  liquidation: DASHED,
  order: LONG_DASHED,
  alert: DOTTED,
  bid: DOTTED,
  ask: DOTTED,
  last: SOLID,
}

export function toneOf(line: Line): Tone {
  switch (line.kind) {
    case 'entry':
      return 'accent'
    case 'exit':
      return line.exit === 'stopLoss' ? 'down' : 'up'
    case 'liquidation':
      return 'warn'
    case 'order':
      return line.order.side === 'BUY' ? 'up' : 'down'
    case 'ask':
      return 'up'
    case 'bid':
      return 'down'
    default:
      return 'plain'
  }
}

export function colourOf(line: Line, colours: ChartColours): string {
  const tone = toneOf(line)
  return tone === 'plain' ? colours.text : colours[tone]
}

/** Returns what the label of some lines shows, the nearest of which is the first. */
export function specOf(label: Label | Arrow, lines: readonly Line[], look: Look): LabelSpec {
  const [first] = lines
  const base = { ...EMPTY, id: label.id, at: label.at }
  if (!first) return base
  if ('edge' in label) return arrowOf(base, label, lines, look)
  if (label.isRest) {
    return {
      ...base,
      role: 'list',
      text: moreWords(lines.length),
      detail: t({ message: 'lines, show them', context: 'label of a line' }),
    }
  }
  return lines.length > 1 ? listOf(base, lines, first, look) : single(base, first, look)
}

const EMPTY: LabelSpec = {
  id: '',
  at: 0,
  role: 'words',
  tone: 'plain',
  text: '',
  figure: '',
  figureTone: 'plain',
  detail: '',
  removal: '',
  hint: '',
  isBold: false,
  hasBell: false,
}

function moreWords(count: number): string {
  return t({ message: `+${count} more`, context: 'lines' })
}

function arrowOf(
  base: LabelSpec,
  arrow: Arrow,
  lines: readonly Line[],
  { asset }: Look,
): LabelSpec {
  const [first] = lines
  if (!first) return base
  const sign = arrow.edge === 'top' ? '↑' : '↓'
  if (arrow.isRest) {
    const detail =
      arrow.edge === 'top'
        ? t({ message: 'lines above, show them', context: 'label of a line' })
        : t({ message: 'lines below, show them', context: 'label of a line' })
    return { ...base, role: 'list', text: `${sign} ${moreWords(lines.length)}`, detail }
  }
  const words = lines.length > 1 ? groupWords(first.key, lines.length) : lineWords(first, true)
  return {
    ...base,
    role: 'arrow',
    tone: toneOf(first),
    text: `${sign} ${words}`,
    figure: format.price(asset, first.price),
    hasBell: first.kind === 'alert',
    detail:
      arrow.edge === 'top'
        ? t({ message: 'above, scroll to it', context: 'label of a line' })
        : t({ message: 'below, scroll to it', context: 'label of a line' }),
  }
}

function listOf(base: LabelSpec, lines: readonly Line[], first: Line, look: Look): LabelSpec {
  const text = groupWords(first.key, lines.length)
  return {
    ...base,
    role: 'list',
    tone: toneOf(first),
    text,
    ...gain(lines, look),
    hasBell: first.kind === 'alert',
    detail: t({ message: 'show them', context: 'label of a line' }),
  }
}

function single(base: LabelSpec, line: Line, look: Look): LabelSpec {
  const isMoved = look.move !== null && lineOfMove(look.move).id === line.id
  const isPointed = look.pointed === line.id
  const spec: LabelSpec = {
    ...base,
    role: isMovable(line) ? 'handle' : 'words',
    tone: toneOf(line),
    text: lineWords(line),
    ...gain([line], look),
    detail: lineDetail(line),
    removal: isRemovable(line) && !isMoved ? removalName(line) : '',
    hint: line.kind === 'entry' ? entryHint(line) : '',
    isBold: isMoved || isPointed,
    hasBell: line.kind === 'alert',
  }
  if (isMoved) return { ...spec, ...preview(spec, line, look) }
  return line.kind === 'entry' && isPointed ? { ...spec, figure: '', text: spec.hint } : spec
}

function entryHint({ position }: Extract<Line, { kind: 'entry' }>): string {
  const isLong = position.orderType === 'LONG'
  return isLong ? t`Drag up for TP, down for SL` : t`Drag down for TP, up for SL`
}

/** What a line would do at its proposed price, and how far that is. */
function preview({ figure }: LabelSpec, { price }: Line, { last }: Look): Partial<LabelSpec> {
  const distance = distanceWords(price, last)
  return { figure: figure === '' ? distance : `${figure} · ${distance}` }
}

function gain(lines: readonly Line[], { value }: Look): Pick<LabelSpec, 'figure' | 'figureTone'> {
  const sum = figureOf(lines, value)
  if (sum === null) return { figure: '', figureTone: 'plain' }
  return { figure: format.signedUsd(sum), figureTone: sum < 0n ? 'down' : 'up' }
}
