import { afterEach, expect, it, vi } from 'vitest'
import { change } from '@/settings'
import { signal, SOUNDS } from '@/trading/signal'
import * as synth from '@/trading/synth'

afterEach(() => {
  vi.unstubAllGlobals()
  change({ sound: false, mutedSounds: [], volume: 50, notifications: false })
})

const asked = { title: 'Filled', detail: '', isUrgent: false }

it('has a sound for each kind, each different and short', () => {
  const texts = SOUNDS.map((sound) => JSON.stringify(synth.MELODIES[sound]))
  expect(new Set(texts).size).toBe(SOUNDS.length)
  for (const sound of SOUNDS) {
    const ends = synth.MELODIES[sound].map(({ at, s }) => at + s)
    expect(Math.max(...ends)).toBeLessThan(1)
  }
})

it.each([
  ['off', { sound: false }, 0],
  ['on', { sound: true }, 1],
  ['muted', { sound: true, mutedSounds: ['fill'] }, 0],
])('plays when sounds are %s: %o', async (_name, part, times) => {
  const play = vi.spyOn(synth, 'play').mockImplementation(() => undefined)
  change(part)
  signal({ ...asked, sound: 'fill' })
  await vi.dynamicImportSettled()
  expect(play).toHaveBeenCalledTimes(times)
})

it('is silent at no volume, and louder at more', () => {
  const peaks: number[] = []
  const param = {
    value: 0,
    setValueAtTime: () => undefined,
    exponentialRampToValueAtTime: () => undefined,
  }
  const gain = { ...param, exponentialRampToValueAtTime: (value: number) => peaks.push(value) }
  vi.stubGlobal(
    'AudioContext',
    class {
      currentTime = 0
      resume = async () => undefined
      createOscillator = () => ({
        frequency: { ...param },
        connect: (next: unknown) => next,
        start: () => undefined,
        stop: () => undefined,
      })
      createGain = () => ({ gain, connect: (next: unknown) => next })
    },
  )
  synth.play('fill', 0)
  expect(peaks).toEqual([])
  synth.play('fill', 50)
  synth.play('fill', 100)
  expect(Math.max(...peaks)).toBeCloseTo(0.3)
  expect(peaks[0]).toBeCloseTo(0.15)
})

it('notifies by the system of what is urgent, or while the page is hidden', () => {
  const shown: string[] = []
  class Shown {
    static permission = 'granted'
    constructor(title: string) {
      shown.push(title)
    }
  }
  vi.stubGlobal('Notification', Shown)
  signal({ ...asked, sound: null, isUrgent: true })
  expect(shown).toEqual([])
  change({ notifications: true })
  signal({ ...asked, sound: null })
  expect(shown).toEqual([])
  signal({ ...asked, sound: null, isUrgent: true })
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  signal({ ...asked, sound: null })
  expect(shown).toEqual(['Filled', 'Filled'])
})
