import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { MadeKey } from '@/api/schema'
import { ccxtLines, curlLine } from '@/features/account/key-lines'

const made = (key: string | null, secret: string | null) =>
  ({ apiKey: { key }, secret }) as Pick<MadeKey, 'apiKey' | 'secret'>

it('shows a command for a key of Velox', () => {
  const text = curlLine(made(null, 'vlx_secret'), 'https://velox.example')
  expect(text).toBe(
    'curl -sS --fail-with-body -H "Authorization: Bearer vlx_secret" https://velox.example/api/v1/order/user/balance',
  )
})

it('shows the addresses that the documentation has, which is tested', () => {
  const docs = readFileSync('../docs/bots.md', 'utf8')
  const block = /```python ccxt_bot\.py\n([\s\S]*?)\n\)\n/.exec(docs)?.[1]
  const text = ccxtLines(made('YOUR_KEY', 'YOUR_SECRET'), 'http://localhost:3000')
  expect(text.split('\n)\n')[0]).toBe(block)
})

it('reads the private key of a key pair, which Velox does not know', () => {
  const text = ccxtLines(made('vlx_key', null), 'https://velox.example')
  expect(text).toContain('"secret": open("private.pem").read().strip()')
})
