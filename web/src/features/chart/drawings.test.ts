import { beforeEach, expect, it } from 'vitest'
import {
  addDrawing,
  changeDrawing,
  changeWork,
  deleted,
  type Drawing,
  DRAWINGS_MAX,
  drawingsOf,
  isDrawing,
  removeDrawings,
  undoRemoval,
  work,
} from '@/features/chart/drawings'

const BTC = 'BTCUSDT'
const LINE: Omit<Drawing, 'id'> = {
  tool: 'trendLine',
  points: [
    { time: 60, price: 1 },
    { time: 120, price: 2 },
  ],
  colour: null,
  text: '',
}

const saved = (asset: string): Drawing[] =>
  JSON.parse(localStorage.getItem(`velox.drawings.${asset}`) ?? '[]') as Drawing[]

beforeEach(() => {
  for (const asset of [BTC, 'ETHUSDT']) removeDrawings(asset, null)
  deleted.set(null)
})

it('keeps drawings by market', () => {
  const { id } = addDrawing(BTC, LINE)
  expect(saved(BTC)).toEqual([{ ...LINE, id }])
  expect(drawingsOf(BTC).get()).toEqual(saved(BTC))
  expect(drawingsOf('ETHUSDT').get()).toEqual([])
  changeDrawing(BTC, id, { colour: '#ff0000' })
  expect(saved(BTC)[0]?.colour).toBe('#ff0000')
})

it('restores the drawing that was deleted last, or all of them', () => {
  const [first, second] = [addDrawing(BTC, LINE), addDrawing(BTC, LINE)]
  changeWork({ selected: first.id })
  removeDrawings(BTC, first.id)
  expect(work.get().selected).toBeNull()
  expect(saved(BTC)).toEqual([second])
  undoRemoval()
  expect(saved(BTC)).toEqual([second, first])
  removeDrawings(BTC, null)
  expect(saved(BTC)).toEqual([])
  undoRemoval()
  expect(saved(BTC)).toEqual([second, first])
  // There is one step only.
  undoRemoval()
  expect(saved(BTC)).toEqual([second, first])
})

it('loses nothing that another tab has drawn', () => {
  const own = addDrawing(BTC, LINE)
  const others = { ...LINE, id: 'other' }
  localStorage.setItem(`velox.drawings.${BTC}`, JSON.stringify([own, others]))
  addDrawing(BTC, LINE)
  expect(saved(BTC).map(({ id }) => id)).toContain('other')
  expect(drawingsOf(BTC).get()).toHaveLength(3)
})

it('drops the oldest of too many', () => {
  for (let count = 0; count < DRAWINGS_MAX + 1; count += 1) addDrawing(BTC, LINE)
  expect(drawingsOf(BTC).get()).toHaveLength(DRAWINGS_MAX)
})

it.each([
  [{ ...LINE, id: 'a' }, true],
  [{ ...LINE, id: 'a', tool: 'text' }, false],
  [{ ...LINE, id: 'a', tool: 'circle' }, false],
  [{ ...LINE, id: 'a', points: [{ time: 1, price: null }, LINE.points[1]] }, false],
  [{ ...LINE, id: 'a', colour: 'red' }, false],
  [{ ...LINE, id: 'a', text: 'x'.repeat(121) }, false],
  [{ ...LINE }, false],
  [null, false],
])('%o is a drawing: %s', (value, is) => {
  expect(isDrawing(value)).toBe(is)
})
