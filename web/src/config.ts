/** The configuration that the page fetches from its own server. */

import { createStore } from '@/store'

const WS_PORT = 3006

/** The virtual money that a new account starts with, as text; null until it is known. */
export const signupDeposit = createStore<string | null>(null)

let found: Promise<string> | undefined

/** Returns the address of the realtime server. */
export function wsUrl(): Promise<string> {
  found ??= ask().catch((error: unknown) => {
    found = undefined
    throw error
  })
  return found
}

async function ask(): Promise<string> {
  const response = await fetch('/config.json')
  const isJson = response.headers.get('content-type')?.includes('json')
  if (response.ok && isJson) {
    const config: unknown = await response.json()
    if (typeof config === 'object' && config !== null && 'wsUrl' in config) {
      if ('signupDeposit' in config) signupDeposit.set(String(config.signupDeposit))
      return String(config.wsUrl)
    }
  }
  // Without a configured address, the realtime server runs on the same host.
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${location.hostname}:${WS_PORT}`
}
