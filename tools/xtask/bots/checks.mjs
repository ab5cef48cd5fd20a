// The checks of the life cycles in JavaScript.

import path from 'node:path'

const PATIENCE_MS = 60_000

// Ends the program unless `isSo`.
export function check(what, isSo) {
  if (isSo) return
  console.error(`${path.basename(process.argv[1])}: ${what}`)
  process.exit(1)
}

// Waits until `condition()`, for answers that follow an order a little later.
export async function eventually(what, condition) {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    check(`not within ${PATIENCE_MS} ms: ${what}`, Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 50))
  }
}
