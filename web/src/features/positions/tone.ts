let context: AudioContext | undefined

const NOTES_HZ = [880, 660]
const NOTE_S = 0.14
const VOLUME = 0.12

/** Plays two short notes, synthesized because a sound file would be larger than this code. */
export function playTone(): void {
  context ??= new AudioContext()
  for (const [index, frequency] of NOTES_HZ.entries()) {
    const begin = context.currentTime + index * NOTE_S
    const oscillator = context.createOscillator()
    const gain = context.createGain()
    oscillator.frequency.value = frequency
    gain.gain.setValueAtTime(VOLUME, begin)
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + NOTE_S)
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(begin)
    oscillator.stop(begin + NOTE_S)
  }
}
