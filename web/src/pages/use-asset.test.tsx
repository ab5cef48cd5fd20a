import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { setMarkets } from '@/markets'
import { useAsset } from '@/pages/use-asset'
import { load, save } from '@/storage'
import { market } from '@/testkit'
import { messageLog } from '@/ui/toast'

beforeEach(() => setMarkets([market('BTCUSDT'), market('ETHUSDT'), market('SOLUSDT')]))

afterEach(() => {
  cleanup()
  localStorage.clear()
  messageLog.set([])
})

function at(search: string) {
  history.replaceState(null, '', `/trade${search}`)
  return renderHook(() => useAsset()).result
}

const remembered = () => load('asset', (value) => typeof value === 'string', '')

it.each([
  ['the one in the address', '?asset=SOLUSDT', 'ETHUSDT', 'SOLUSDT'],
  ['the last chosen one', '', 'ETHUSDT', 'ETHUSDT'],
  ['the last chosen one', '?asset=OLDUSDT', 'ETHUSDT', 'ETHUSDT'],
  ['the first market', '', 'OLDUSDT', 'BTCUSDT'],
  ['the first market', '?asset=OLDUSDT', null, 'BTCUSDT'],
  ['the first market', '', 42, 'BTCUSDT'],
])('is %s: %j, with %j saved', (_, search, saved, expected) => {
  save('asset', saved)
  expect(at(search).current[0]).toBe(expected)
})

it('changes to listed assets, and remembers them', () => {
  const result = at('')
  act(() => result.current[1]('SOLUSDT'))
  expect(result.current[0]).toBe('SOLUSDT')
  act(() => result.current[1]('NEWUSDT'))
  expect(result.current[0]).toBe('SOLUSDT')
  expect(remembered()).toBe('SOLUSDT')
})

const told = () => messageLog.get().map(({ title, detail }) => `${title}. ${detail}`)

it('says once that there is no such market, and corrects the address', () => {
  save('asset', 'ETHUSDT')
  const result = at('?asset=FOO')
  expect(told()).toEqual(['There is no market FOO. Showing ETH instead.'])
  expect(location.search).toBe('?asset=ETHUSDT')
  act(() => result.current[1]('SOLUSDT'))
  expect(told()).toHaveLength(1)
})

it.each(['', '?asset=', '?asset=SOLUSDT'])('says nothing about the address %j', (search) => {
  at(search)
  expect(told()).toEqual([])
  expect(location.search).toBe(search)
})
