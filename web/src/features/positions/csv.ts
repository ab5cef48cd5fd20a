/** CSV files for spreadsheets: all digits, ISO times, and no text that could run as a formula. */

import { api, chosenAccount } from '@/api/client'
import { print } from '@/decimal'
import type { Position } from '@/trading/account'

type Cell = string | number | bigint | null

export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

function cell(value: Cell): string {
  if (value === null) return ''
  const text = typeof value === 'bigint' ? print(value) : String(value)
  // A spreadsheet treats a text that begins like this as a formula; numbers are safe.
  const safe = typeof value === 'string' && /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const TERMS = [
  'order id',
  'asset',
  'side',
  'leverage',
  'size',
  'margin',
  'entry price',
  'liquidation price',
  'stop-loss',
  'take-profit',
  'opened at',
  'fees',
  'funding',
]

const terms = (p: Position): Cell[] => [
  p.orderId,
  p.asset,
  p.orderType,
  p.leverage,
  p.qty,
  p.margin,
  p.executionPrice,
  p.liquidationPrice,
  p.stopLoss,
  p.takeProfit,
  iso(p.createdAt),
  p.commission,
  p.funding,
]

export function openCsv(positions: readonly Position[]): string {
  return toCsv(TERMS, positions.map(terms))
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** Downloads a CSV file. */
export function download(name: string, csv: string): void {
  downloadBlob(new Blob([csv], { type: 'text/csv;charset=utf-8' }), `velox-${name}.csv`)
}

function downloadBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob)
  downloadFrom(url, fileName)
  // Delayed, because the download has only been requested.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/**
 * Downloads a file of the API. A link can't name the chosen account, so the page fetches the file
 * where it has to.
 */
export async function downloadServed(address: string, fileName: string): Promise<void> {
  if (chosenAccount.get() === null) return downloadFrom(address, fileName)
  downloadBlob(await api.file(address), fileName)
}

/** Downloads the file at an address. */
function downloadFrom(url: string, fileName: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
}
