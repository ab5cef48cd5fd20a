/** Lines that show how a new API key is used, ready to be pasted. Pure. */

import type { MadeKey } from '@/api/schema'

type Made = Pick<MadeKey, 'apiKey' | 'secret'>

/** The folder of the addresses under which ccxt knows the API of Binance Futures. */
const CCXT_VERSIONS = [
  ['fapiPublic', 'v1'],
  ['fapiPublicV2', 'v2'],
  ['fapiPublicV3', 'v3'],
  ['fapiPrivate', 'v1'],
  ['fapiPrivateV2', 'v2'],
  ['fapiPrivateV3', 'v3'],
] as const

/** The file with the private key, where Velox does not know the secret. */
const PRIVATE_KEY_FILE = 'private.pem'

/** Returns a command that reads the balance with a key of Velox. It contains the key. */
export function curlLine({ secret }: Made, origin: string): string {
  return `curl -sS --fail-with-body -H "Authorization: Bearer ${secret ?? ''}" ${origin}/api/v1/order/user/balance`
}

/** Returns a program that reads the balance with a key for exchange bots. It contains the secret. */
export function ccxtLines({ apiKey, secret }: Made, origin: string): string {
  const signer = secret === null ? `open("${PRIVATE_KEY_FILE}").read().strip()` : `"${secret}"`
  const addresses = CCXT_VERSIONS.map(
    ([name, version]) => `                "${name}": "${origin}/fapi/${version}",`,
  )
  return [
    'import ccxt',
    '',
    'exchange = ccxt.binanceusdm(',
    '    {',
    `        "apiKey": "${apiKey.key ?? ''}",`,
    `        "secret": ${signer},`,
    '        "options": {"fetchCurrencies": False},',
    '        "urls": {',
    '            "api": {',
    ...addresses,
    `                "fapiData": "${origin}/futures/data",`,
    '            }',
    '        },',
    '    }',
    ')',
    'exchange.load_markets()',
    'print(exchange.fetch_balance()["USDT"])',
  ].join('\n')
}
