/** The picture of a closed position: its texts, which are pure, and its drawing on a canvas. */

import { t } from '@lingui/core/macro'
import type { ClosedPositionResult } from '@/api/schema'
import * as format from '@/format'
import { assetInfo } from '@/markets'
import { palette, type Theme } from '@/theme'

export const CARD_WIDTH = 1200
export const CARD_HEIGHT = 630

const MARGIN = 72

/** The path of the logo, 32 units wide and high. */
const LOGO = 'M4 7h7l5 13 7.5-13H28L17 27h-2.5z'

export type CardTone = 'up' | 'down' | 'plain'

/** The texts of a card. */
export type CardTexts = {
  market: string
  side: string
  isLong: boolean
  tone: CardTone
  /** The largest figure: the return on margin or, without one, the P&L. */
  headline: string
  headlineLabel: string
  /** The P&L; null if it is hidden. */
  pnl: string | null
  facts: readonly { name: string; value: string }[]
  /** That no money was at stake. */
  note: string
  /** The picture as a sentence, for those who can't see it. */
  summary: string
}

const noteText = () => t`Simulated trading with virtual money. No real funds were at stake.`

/** Returns the texts of a card. All figures are the server's. */
export function cardTexts(position: ClosedPositionResult, isPnlShown: boolean): CardTexts {
  const { asset, orderType, leverage } = position
  const { base, quote } = assetInfo(asset)
  const net = BigInt(position.netPnLInt)
  const roe = position.returnOnMarginInt === null ? null : BigInt(position.returnOnMarginInt)
  const pnl = isPnlShown || roe === null ? `${format.signedUsd(net)} USD` : null
  const headline = roe === null ? `${format.signedUsd(net)} USD` : format.signedPercent(roe)
  const isLong = orderType === 'LONG'
  const side = isLong ? t`Long ${leverage}×` : t`Short ${leverage}×`
  const market = `${base}/${quote}`
  const entry = format.price(asset, BigInt(position.executionPriceInt))
  const exit = format.price(asset, BigInt(position.closePriceInt))
  const held = format.duration(position.heldMs)
  const day = format.dateTime(position.closedAt, 'utc').slice(0, 10)
  const note = noteText()
  const gain = pnl === null ? headline : `${headline}, ${pnl}`
  return {
    market,
    side,
    isLong,
    tone: net > 0n ? 'up' : net < 0n ? 'down' : 'plain',
    headline,
    headlineLabel: roe === null ? t`Net P&L` : t`Return on margin`,
    pnl: roe === null ? null : pnl,
    facts: [
      { name: t`Entry price`, value: entry },
      { name: t`Exit price`, value: exit },
      { name: t`Held for`, value: held },
      { name: t`Closed on`, value: day },
    ],
    note,
    summary: t`${market} ${side}: ${gain}. Entry price ${entry}, Exit price ${exit}, Held for ${held}, Closed on ${day}. ${note}`,
  }
}

/** Returns the name of the card's file. */
export function cardFile(position: ClosedPositionResult): string {
  const day = format.dateTime(position.closedAt, 'utc').slice(0, 10)
  return `velox-${position.asset.toLowerCase()}-${position.orderType.toLowerCase()}-${day}.png`
}

type Colours = Record<
  'ground' | 'panel' | 'line' | 'ink' | 'soft' | 'faint' | 'up' | 'down',
  string
>

/** Returns the colours of a theme, which a canvas can't take from CSS variables. */
function coloursOf(theme: Theme): Colours {
  const themed = document.createElement('span')
  themed.dataset.theme = theme
  document.body.append(themed)
  const colour = palette(themed)
  const colours = {
    ground: colour('ground'),
    panel: colour('panel'),
    line: colour('line'),
    ink: colour('ink'),
    soft: colour('soft'),
    faint: colour('faint'),
    up: colour('up'),
    down: colour('down'),
  }
  themed.remove()
  return colours
}

/** Draws a card in the colours of a theme. */
export function drawCard(canvas: HTMLCanvasElement, texts: CardTexts, theme: Theme): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const colours = coloursOf(theme)
  const strong = { up: colours.up, down: colours.down, plain: colours.ink }[texts.tone]
  canvas.width = CARD_WIDTH
  canvas.height = CARD_HEIGHT
  drawGround(context, colours, strong)
  drawLogo(context, colours)
  const write = writer(context)
  write(texts.market, MARGIN, 188, 44, 600, colours.ink)
  const marketWidth = context.measureText(texts.market).width
  write(texts.side, MARGIN + marketWidth + 24, 188, 32, 600, sideColour(texts, colours))
  write(texts.headlineLabel, MARGIN, 252, 24, 400, colours.soft)
  write(texts.headline, MARGIN, 358, fitting(context, texts.headline, 112), 700, strong)
  if (texts.pnl !== null) write(texts.pnl, MARGIN, 414, 36, 500, strong)
  drawFacts(write, texts, colours)
  write(texts.note, MARGIN, 592, 20, 400, colours.faint)
}

function sideColour({ isLong }: CardTexts, colours: Colours): string {
  return isLong ? colours.up : colours.down
}

function drawGround(context: CanvasRenderingContext2D, colours: Colours, strong: string): void {
  context.fillStyle = colours.panel
  context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT)
  context.save()
  context.globalAlpha = 0.1
  const glow = context.createRadialGradient(CARD_WIDTH, 0, 0, CARD_WIDTH, 0, 760)
  glow.addColorStop(0, strong)
  glow.addColorStop(1, colours.panel)
  context.fillStyle = glow
  context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT)
  context.translate(690, 40)
  context.scale(17, 17)
  context.globalAlpha = 0.07
  context.fillStyle = strong
  fillPath(context, new Path2D(LOGO))
  context.restore()
  context.fillStyle = strong
  context.fillRect(0, 0, 10, CARD_HEIGHT)
}

function drawLogo(context: CanvasRenderingContext2D, colours: Colours): void {
  context.save()
  context.translate(MARGIN - 6, 52)
  context.scale(1.75, 1.75)
  context.fillStyle = colours.up
  fillPath(context, new Path2D(LOGO))
  context.restore()
  writer(context)('Velox', MARGIN + 60, 94, 38, 600, colours.ink)
}

function fillPath(context: CanvasRenderingContext2D, path: Path2D): void {
  context.fill(path)
}

function drawFacts(write: Writer, { facts }: CardTexts, colours: Colours): void {
  const width = (CARD_WIDTH - 2 * MARGIN) / facts.length
  facts.forEach(({ name, value }, i) => {
    write(name, MARGIN + i * width, 482, 22, 400, colours.soft)
    write(value, MARGIN + i * width, 520, 30, 600, colours.ink)
  })
}

type Writer = (
  text: string,
  x: number,
  y: number,
  size: number,
  weight: number,
  colour: string,
) => void

function writer(context: CanvasRenderingContext2D): Writer {
  return (text, x, y, size, weight, colour) => {
    context.font = fontOf(size, weight)
    context.fillStyle = colour
    context.fillText(text, x, y)
  }
}

function fontOf(size: number, weight: number): string {
  return `${weight} ${size}px 'Inter Variable', system-ui, sans-serif`
}

/** Returns the largest size, up to `most`, at which a text is not wider than the card. */
function fitting(context: CanvasRenderingContext2D, text: string, most: number): number {
  context.font = fontOf(most, 700)
  const room = CARD_WIDTH - 2 * MARGIN
  return Math.floor(most * Math.min(1, room / context.measureText(text).width))
}

/** Loads the font at the weights of the card; a canvas does not wait for it. */
export async function loadCardFont(): Promise<void> {
  await Promise.all([400, 500, 600, 700].map((weight) => document.fonts.load(fontOf(16, weight))))
}
