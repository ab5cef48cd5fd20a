import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** What a person does, in a real browser against a whole stack that runs at `VELOX_URL`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['*.spec.ts'],
    globalSetup: ['./browser.ts'],
    // One browser, one thing at a time: the figures that pages wait for come from one small stack.
    fileParallelism: false,
    // What the files share is the browser; reading axe-core and the like once is enough.
    isolate: false,
    // What a machine that does much else at the same time needs; a failure takes longer.
    testTimeout: 150_000,
    hookTimeout: 60_000,
  },
})
