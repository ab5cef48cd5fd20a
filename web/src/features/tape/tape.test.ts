import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import { Tape } from '@/features/tape/tape'

const trade = (id: number, quantity = '1') => ({
  id,
  price: exact('100'),
  quantity: exact(quantity),
  time: id,
  move: null,
})

const ids = (tape: Tape) => tape.shown().map(({ id }) => id)

it('shows the newest first, each once', () => {
  const tape = new Tape(3, 0n)
  tape.add([trade(1), trade(2)])
  tape.add([trade(3)])
  expect(ids(tape)).toEqual([3, 2, 1])
  // After a reconnect the server sends the last ones again.
  tape.add([trade(2), trade(3), trade(4)])
  expect(ids(tape)).toEqual([4, 3, 2])
  tape.add([trade(4)])
  tape.add([])
  expect(ids(tape)).toEqual([4, 3, 2])
})

it('begins anew when a recording starts over', () => {
  const tape = new Tape(3, 0n)
  tape.add([trade(7), trade(8)])
  tape.add([trade(1)])
  expect(ids(tape)).toEqual([1])
})

it('shows only trades of at least a value, also among earlier ones', () => {
  const tape = new Tape(2, exact('500'))
  tape.add([trade(1, '5'), trade(2, '4.99999999'), trade(3, '9')])
  expect(ids(tape)).toEqual([3, 1])
  tape.add([trade(4, '1'), trade(5, '7')])
  expect(ids(tape)).toEqual([5, 3])
  tape.setMinValue(0n)
  expect(ids(tape)).toEqual([5, 4])
  tape.setMinValue(exact('600'))
  expect(ids(tape)).toEqual([5, 3])
})
