import { expect, it } from 'vitest'
import { labelled } from '@/features/chart/chart-labels'

const line = (key: string, y: number | null) => ({ key, y })
const names = (lines: ReturnType<typeof line>[], taken: number[] = []) =>
  [...labelled(lines, taken)].map((index) => `${lines[index]?.key} ${lines[index]?.y}`)

it('labels one line of each kind and side', () => {
  const entries = [line('long entry', 100), line('long entry', 200), line('short entry', 300)]
  expect(names(entries)).toEqual(['long entry 100', 'short entry 300'])
})

it('does not label a line whose label would overlap another one', () => {
  const lines = [line('stop-loss', 100), line('ask', 118), line('bid', 119)]
  expect(names(lines)).toEqual(['stop-loss 100', 'bid 119'])
  expect(names(lines, [110])).toEqual([])
  expect(names(lines, [138])).toEqual(['stop-loss 100', 'bid 119'])
})

it('labels no line outside the scale', () => {
  expect(names([line('liquidation', null), line('liquidation', 50)])).toEqual(['liquidation 50'])
})
