/** A picture of the chart, with a heading that says what it shows. */

import type { OpenChart } from '@/features/chart/chart-handle'
import { chartSettings } from '@/features/chart/chart-settings'
import { chartColours } from '@/features/chart/chart-theme'
import { valueText } from '@/features/chart/indicator-row'
import { indicatorName } from '@/features/chart/indicator-specs'
import { fieldNames, legendTexts } from '@/features/chart/legend'
import { dateTime, zoneName } from '@/format'
import { assetInfo } from '@/markets'
import { settings } from '@/settings'

const MARGIN = 12
const LINE_HEIGHT = 18
const FONT = "'Inter Variable', system-ui, sans-serif"

/** Saves the picture as a file. */
export async function downloadPicture(chart: OpenChart): Promise<void> {
  const url = URL.createObjectURL(await picture(chart))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName(chart)
  link.click()
  // The download has begun; until then the browser needs the address.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Copies the picture; throws where the browser does not allow it, as on pages without HTTPS. */
export async function copyPicture(chart: OpenChart): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (!clipboard || typeof ClipboardItem === 'undefined') throw new Error('no clipboard')
  // The promise, not its result: Safari requires the call within the press of the button.
  await clipboard.write([new ClipboardItem({ 'image/png': picture(chart) })])
}

function fileName({ asset, timeframe }: OpenChart): string {
  const { timeZone } = settings.get()
  const time = dateTime(Date.now(), timeZone).slice(0, 16).replace(' ', '-').replace(':', '')
  return `${asset}-${timeframe}-${time}.png`
}

/** Returns the lines of the heading. */
export function headingLines({ view, asset, timeframe }: OpenChart, nowMs: number): string[] {
  const { timeZone } = settings.get()
  const { base, quote } = assetInfo(asset)
  const { indicators, chartType } = chartSettings.get()
  const shown = view.shownAt(view.lastVisibleTime())
  const texts = shown ? legendTexts(asset, shown.bar) : []
  const fields = [...fieldNames(), ''].map((name, index) => `${name} ${texts[index]}`.trim())
  const type = chartType === 'heikinAshi' ? ' · Heikin-Ashi' : ''
  const studies = indicators
    .filter(({ isHidden, kind }) => !isHidden && kind !== 'volume')
    .map((spec) => {
      const values = shown?.values.get(spec.id) ?? []
      return [
        indicatorName(spec),
        ...values.map((value) => valueText(asset, spec.kind, value)),
      ].join(' ')
    })
  return [
    `${base}/${quote} · ${timeframe}${type} · ${dateTime(nowMs, timeZone)} ${zoneName(timeZone, nowMs)}`,
    ...(shown ? [fields.join('  ')] : []),
    ...(studies.length > 0 ? [studies.join('   ')] : []),
  ]
}

async function picture(chart: OpenChart): Promise<Blob> {
  const shot = chart.view.chart.takeScreenshot(true, false)
  const { width } = chart.view.chart.chartElement().getBoundingClientRect()
  const ratio = shot.width / width
  const lines = headingLines(chart, Date.now())
  const top = MARGIN + lines.length * LINE_HEIGHT
  const canvas = document.createElement('canvas')
  canvas.width = shot.width
  canvas.height = shot.height + Math.round(top * ratio)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  const { background, ink, text } = chartColours()
  context.fillStyle = background
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(shot, 0, canvas.height - shot.height)
  context.scale(ratio, ratio)
  context.textBaseline = 'top'
  for (const [index, line] of lines.entries()) {
    context.fillStyle = index === 0 ? ink : text
    context.font = index === 0 ? `600 13px ${FONT}` : `12px ${FONT}`
    // Narrower letters where a line would not fit.
    context.fillText(line, MARGIN, MARGIN / 2 + index * LINE_HEIGHT, width - 2 * MARGIN)
  }
  context.font = `600 13px ${FONT}`
  context.textAlign = 'right'
  context.fillStyle = text
  if (width > 600) context.fillText('Velox', width - MARGIN, MARGIN / 2)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob)
      else reject(new Error('the browser made no picture'))
    }, 'image/png')
  })
}
