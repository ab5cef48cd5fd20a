/// <reference types="vitest/config" />
import { lingui } from '@lingui/vite-plugin'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Connect, defineConfig, type Plugin } from 'vite'
import { compression } from 'vite-plugin-compression2'
import { chunkGroups } from './build/chunks.ts'
import { linguiMacros } from './build/lingui-macros.ts'
import { preloads } from './build/preloads.ts'

// Where a stack runs; `cargo xtask up` takes these ports unless told otherwise.
const api = `http://127.0.0.1:${process.env.HTTP_PORT ?? '3005'}`
const wsUrl = `ws://localhost:${process.env.WS_PORT ?? '3006'}`

// What the gateway sends with the page. `vite preview` sends it too, so that whatever it would
// block is seen before it is built into an image.
const csp = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')

const proxy = {
  '/api': { target: api, ws: true },
  '/candles': { target: api },
}

/** The gateway's /config.json, for `npm run dev` and `npm run preview`. */
const configJson = {
  name: 'config-json',
  configureServer: serveConfig,
  configurePreviewServer: serveConfig,
}

function serveConfig(server: { middlewares: Connect.Server }): void {
  server.middlewares.use('/config.json', (_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ wsUrl, signupDeposit: process.env.SIGNUP_DEPOSIT ?? '1000' }))
  })
}

const sources = fileURLToPath(new URL('./src', import.meta.url))
const publicDir = new URL('./public/', import.meta.url)

/** The service worker, with a version that changes with any file of the build. */
const serviceWorker: Plugin = {
  name: 'service-worker',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const source = readFileSync(new URL('./worker/sw.js', import.meta.url), 'utf8')
      const hash = createHash('sha256').update(source)
      for (const name of Object.keys(bundle).toSorted()) hash.update(name)
      // What the worker keeps, and what has no hash in its name.
      for (const name of readdirSync(publicDir)) {
        if (name.includes('.')) hash.update(readFileSync(new URL(name, publicDir)))
      }
      const version = hash.digest('hex').slice(0, 12)
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: source.replace('__VERSION__', version),
      })
    },
  },
}

export default defineConfig({
  plugins: [
    linguiMacros(),
    lingui(),
    react(),
    tailwindcss(),
    configJson,
    preloads(),
    serviceWorker,
    // What the gateway sends to browsers that take it, so that it need not compress each answer.
    compression({ algorithms: ['brotliCompress', 'gzip'] }),
  ],
  resolve: { alias: { '@': sources } },
  server: { port: Number(process.env.WEB_PORT ?? '5173'), proxy },
  preview: {
    port: Number(process.env.WEB_PORT ?? '4173'),
    proxy,
    headers: { 'Content-Security-Policy': csp },
  },
  build: {
    target: 'es2022',
    // A font as a data: URL would be against the policy above.
    assetsInlineLimit: 0,
    manifest: true,
    // Brotli takes its time, which is no news.
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { codeSplitting: { groups: chunkGroups(sources) } },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    setupFiles: ['src/testing-locale.ts'],
  },
})
