/** Access to the mails that the mailer writes with MAIL_TRANSPORT=files. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { POLL } from './site.ts'

const DIR = process.env.VELOX_MAIL_DIR

/** Waits for the mail to an address and returns its link. */
export async function linkFor(email: string): Promise<string> {
  if (!DIR) throw new Error('VELOX_MAIL_DIR must be set to the directory of the mailer')
  let link: string | undefined
  await expect
    .poll(async () => {
      link = await find(DIR, email)
      return link
    }, POLL)
    .toBeDefined()
  if (!link) throw new Error('the link is missing after a successful poll')
  return link
}

async function find(dir: string, email: string): Promise<string | undefined> {
  const files = await readdir(dir)
  for (const file of files.filter((name) => name.endsWith('.eml'))) {
    const mail = unfold(await readFile(join(dir, file), 'utf8'))
    if (!mail.includes(email)) continue
    const link = /https?:\/\/\S+\/auth\/verify\?token=[0-9a-f]{64}/.exec(mail)?.[0]
    if (link) return link
  }
  return undefined
}

/** Decodes quoted-printable, which breaks long lines and writes `=` as `=3D`. */
function unfold(mail: string): string {
  return mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')
}
