/**
 * The stack behind the site, where a test may do more to it than a visitor can: `cargo xtask
 * browser` starts one that lets it.
 */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PID_DIR = process.env.VELOX_PID_DIR

/** Whether services may be killed here, by who sees to it that they are started again. */
export const isOurs = PID_DIR !== undefined

/** An asset whose price falls so much, again and again, that no long of 100x survives it. */
export const FALLING = process.env.VELOX_FALLING

async function pidOf(service: string): Promise<number> {
  if (!PID_DIR) throw new Error('VELOX_PID_DIR must say which process is which service')
  return Number(await readFile(join(PID_DIR, `${service}.pid`), 'utf8'))
}

/** Runs one command on the stack's Redis, and gives what `redis-cli` prints. */
export async function redis(...command: string[]): Promise<string> {
  const url = process.env.VELOX_REDIS_URL
  if (!url) throw new Error('VELOX_REDIS_URL must say where Redis is')
  const { stdout } = await promisify(execFile)('redis-cli', ['-u', url, ...command])
  return stdout.trim()
}

/** `kill -9`. */
export async function kill(service: string): Promise<void> {
  process.kill(await pidOf(service), 'SIGKILL')
}

/** Stops a service where it stands; the result lets it go on. */
export async function pause(service: string): Promise<() => void> {
  const pid = await pidOf(service)
  process.kill(pid, 'SIGSTOP')
  return () => void process.kill(pid, 'SIGCONT')
}
