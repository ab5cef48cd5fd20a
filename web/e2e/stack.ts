/**
 * Control over the stack behind the site, for tests that kill or pause services. `cargo xtask
 * browser` starts a stack that allows it.
 */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PID_DIR = process.env.VELOX_PID_DIR

/** Whether tests may kill services, because a supervisor restarts them. */
export const isOurs = PID_DIR !== undefined

/** An asset whose price falls repeatedly by enough to liquidate every long at 100x. */
export const FALLING = process.env.VELOX_FALLING

/** An asset with fees, fundings and maintenance margins; empty where the stack has none. */
export const COSTLY = process.env.VELOX_COSTLY ?? ''

async function pidOf(service: string): Promise<number> {
  if (!PID_DIR) throw new Error('VELOX_PID_DIR must be set to the directory of the pid files')
  return Number(await readFile(join(PID_DIR, `${service}.pid`), 'utf8'))
}

/** Runs a command on the stack's Redis and returns the output of `redis-cli`. */
export async function redis(...command: string[]): Promise<string> {
  const url = process.env.VELOX_REDIS_URL
  if (!url) throw new Error('VELOX_REDIS_URL must be set')
  const { stdout } = await promisify(execFile)('redis-cli', ['-u', url, ...command])
  return stdout.trim()
}

/** Kills a service with SIGKILL. */
export async function kill(service: string): Promise<void> {
  process.kill(await pidOf(service), 'SIGKILL')
}

/** Pauses a service with SIGSTOP. Returns a function that resumes it. */
export async function pause(service: string): Promise<() => void> {
  const pid = await pidOf(service)
  process.kill(pid, 'SIGSTOP')
  return () => void process.kill(pid, 'SIGCONT')
}
