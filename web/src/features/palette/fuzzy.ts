/** Fuzzy search: the letters of the query must occur in order, those at the start of words count more. */

const START = 8
const NEXT = 5
const ANY = 1
/** Taken off for each letter before the first match, up to a few. */
const LATE = 1
const LATE_MAX = 6

/** Returns how well a text matches a query, higher is better; null if it does not. */
export function score(query: string, text: string): number | null {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return 0
  let sum = 0
  for (const word of wanted.split(/\s+/)) {
    const found = scoreWord(word, text.toLowerCase())
    if (found === null) return null
    sum += found
  }
  return sum
}

function scoreWord(word: string, text: string): number | null {
  const whole = wholeAt(word, text)
  // A whole part beats scattered letters, whatever their places.
  if (whole >= 0) {
    const isStart = isWordStart(text, whole)
    return word.length * (isStart ? START + NEXT : NEXT + ANY) - Math.min(whole, LATE_MAX) * LATE
  }
  let sum = 0
  let at = -1
  for (const letter of word) {
    const next = text.indexOf(letter, at + 1)
    if (next < 0) return null
    sum += isWordStart(text, next) ? START : next === at + 1 && at >= 0 ? NEXT : ANY
    if (at < 0) sum -= Math.min(next, LATE_MAX) * LATE
    at = next
  }
  return sum
}

/** Returns where the text has the whole word, at the start of one of its words if it can be. */
function wholeAt(word: string, text: string): number {
  let at = text.indexOf(word)
  for (let next = at; next >= 0; next = text.indexOf(word, next + 1)) {
    if (isWordStart(text, next)) return next
  }
  return at
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))
}
