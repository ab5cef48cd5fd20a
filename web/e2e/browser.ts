/** Starts the browser that all tests connect to. */

import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- it extends an interface of vitest
  interface ProvidedContext {
    browser: string
  }
}

// oxlint-disable-next-line import/no-default-export -- vitest requires it
export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  const server = await chromium.launchServer({ executablePath, args: ARGS })
  project.provide('browser', server.wsEndpoint())
  return () => server.close()
}
