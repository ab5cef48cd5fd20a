// The scores that Lighthouse gives the main pages of a stack that runs at VELOX_URL, on a desktop. Fails
// below the goals. npx fetches Lighthouse; nothing else needs it.
//
//   npm run lighthouse

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CHROMIUM, FLAGS, launchChromium, register } from './chromium.mjs'

const SITE = process.env.VELOX_URL ?? 'http://localhost:3000'
/** The newest that runs on Node.js 20. */
const LIGHTHOUSE = 'lighthouse@12.8.2'
const GOALS = { performance: 85, accessibility: 95, 'best-practices': 95 }
const FOR_EVERYBODY = ['/', '/markets', '/leaderboard', '/help', '/signin', '/register', '/trade']
const FOR_USERS = ['/trade', '/portfolio', '/account']

/** Signs up, and returns the session's cookies as a header. */
async function sessionCookies() {
  const browser = await launchChromium()
  const context = await browser.newContext({ baseURL: SITE })
  await register(await context.newPage())
  const cookies = await context.cookies()
  await browser.close()
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

const folder = mkdtempSync(join(tmpdir(), 'velox-lighthouse-'))

async function audit(path, cookies) {
  const headers = join(folder, 'headers.json')
  writeFileSync(headers, JSON.stringify(cookies ? { Cookie: cookies } : {}))
  const report = join(folder, 'report.json')
  const args = [
    '--yes',
    LIGHTHOUSE,
    SITE + path,
    '--quiet',
    '--preset=desktop',
    `--only-categories=${Object.keys(GOALS).join(',')}`,
    `--chrome-flags=${FLAGS.join(' ')}`,
    `--extra-headers=${headers}`,
    '--output=json',
    `--output-path=${report}`,
  ]
  await promisify(execFile)('npx', args, { env: { ...process.env, CHROME_PATH: CHROMIUM } })
  const { categories, audits } = JSON.parse(readFileSync(report, 'utf8'))
  const scores = Object.keys(GOALS).map((name) => Math.round(categories[name].score * 100))
  const missed = Object.values(GOALS).some((goal, index) => scores[index] < goal)
  if (missed) process.exitCode = 1
  console.log(`${(cookies ? `${path}, signed in` : path).padEnd(22)} ${scores.join('  ')}`)
  for (const [index, name] of ['accessibility', 'best-practices'].entries()) {
    if (scores[index + 1] === 100) continue
    for (const { id } of categories[name].auditRefs) {
      if (audits[id].score !== null && audits[id].score < 1)
        console.log(`  ${id}: ${audits[id].title}`)
    }
  }
}

try {
  console.log(`${''.padEnd(22)} ${Object.keys(GOALS).join('  ')}`)
  for (const path of FOR_EVERYBODY) await audit(path, null)
  const cookies = await sessionCookies()
  for (const path of FOR_USERS) await audit(path, cookies)
} finally {
  rmSync(folder, { recursive: true })
}
