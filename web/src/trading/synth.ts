/** Short sounds, synthesized because files would be larger than this code. */

import type { Sound } from '@/trading/signal'

/** A note: its frequency, when it begins and how long it lasts. */
type Note = { hz: number; at: number; s: number; wave?: OscillatorType }

/** Rising for what is good, falling for what is not, and low and repeated for a liquidation. */
export const MELODIES: Record<Sound, readonly Note[]> = {
  fill: [{ hz: 660, at: 0, s: 0.09 }],
  profit: [
    { hz: 660, at: 0, s: 0.1 },
    { hz: 880, at: 0.09, s: 0.16 },
  ],
  loss: [
    { hz: 523, at: 0, s: 0.1 },
    { hz: 392, at: 0.09, s: 0.16 },
  ],
  liquidation: [
    { hz: 220, at: 0, s: 0.18, wave: 'triangle' },
    { hz: 220, at: 0.22, s: 0.18, wave: 'triangle' },
    { hz: 165, at: 0.44, s: 0.3, wave: 'triangle' },
  ],
  alert: [
    { hz: 988, at: 0, s: 0.08 },
    { hz: 988, at: 0.12, s: 0.08 },
    { hz: 1319, at: 0.24, s: 0.16 },
  ],
}

/** The gain at full volume; more would distort where notes overlap. */
const GAIN_MAX = 0.3
const SILENCE = 0.0001
const ATTACK_S = 0.01

let context: AudioContext | undefined

/** Plays a sound; `volume` is 0 to 100. */
export function play(sound: Sound, volume: number): void {
  if (volume <= 0) return
  context ??= new AudioContext()
  // A context that began without a gesture of the user waits for one.
  void context.resume()
  const peak = (GAIN_MAX * Math.min(volume, 100)) / 100
  for (const note of MELODIES[sound]) playNote(context, note, peak)
}

function playNote(audio: AudioContext, { hz, at, s, wave = 'sine' }: Note, peak: number): void {
  const begin = audio.currentTime + at
  const oscillator = audio.createOscillator()
  const gain = audio.createGain()
  oscillator.type = wave
  oscillator.frequency.value = hz
  gain.gain.setValueAtTime(SILENCE, begin)
  gain.gain.exponentialRampToValueAtTime(peak, begin + ATTACK_S)
  gain.gain.exponentialRampToValueAtTime(SILENCE, begin + s)
  oscillator.connect(gain).connect(audio.destination)
  oscillator.start(begin)
  oscillator.stop(begin + s)
}
