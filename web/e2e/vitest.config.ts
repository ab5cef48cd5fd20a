import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** End-to-end tests in a real browser, against a complete stack at `VELOX_URL`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['*.spec.ts'],
    globalSetup: ['./browser.ts'],
    // Sequential, since all pages share one small stack.
    fileParallelism: false,
    // The files only share the browser, and modules such as axe-core are then loaded once.
    isolate: false,
    // Enough for a busy machine.
    testTimeout: 150_000,
    hookTimeout: 60_000,
  },
})
