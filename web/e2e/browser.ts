/** Starts the browser that all tests connect to. */

import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { CHROMIUM, FLAGS } from '../scripts/chromium.mjs'

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- it extends an interface of vitest
  interface ProvidedContext {
    browser: string
  }
}

// oxlint-disable-next-line import/no-default-export -- vitest requires it
export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer({ executablePath: CHROMIUM, args: FLAGS })
  project.provide('browser', server.wsEndpoint())
  return () => server.close()
}
