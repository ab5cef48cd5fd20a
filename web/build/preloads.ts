/**
 * A Vite plugin that writes into index.html which chunks each page needs, for `public/preload.js`:
 * the browser then requests them together with the entry, not one round trip later.
 */

import type { HtmlTagDescriptor, Plugin, Rolldown } from 'vite'

/**
 * The module of each page that is worth it, by path, and what it opens at once; also by the width of
 * the window, where that decides.
 */
const PAGES: Record<string, readonly string[]> = {
  '/': ['pages/landing-page.tsx'],
  '/signin': ['pages/sign-in-page.tsx'],
  '/register': ['pages/register-page.tsx'],
  '/trade': ['pages/trade-page.tsx', 'features/chart/chart-canvas.tsx'],
  '/trade wide': ['pages/trade-desktop.tsx'],
  '/trade narrow': ['pages/trade-phone.tsx'],
}

const TEXTS = /\/src\/locales\/(\w+)\/trade\.po$/

export function preloads(): Plugin {
  return {
    name: 'preloads',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => (bundle ? [tagOf(bundle)] : []),
    },
  }
}

function tagOf(bundle: Rolldown.OutputBundle): HtmlTagDescriptor {
  const chunks = Object.values(bundle).filter((output) => output.type === 'chunk')
  const fileOf = (path: string) => {
    const chunk = chunks.find(({ moduleIds }) =>
      moduleIds.some((id) => id.endsWith(`/src/${path}`)),
    )
    if (!chunk) throw new Error(`no chunk of ${path}`)
    return chunk.fileName
  }
  const importsOf = new Map(chunks.map(({ fileName, imports }) => [fileName, imports]))
  const closure = (file: string, found = new Set<string>()): Set<string> => {
    if (!found.has(file)) {
      found.add(file)
      for (const imported of importsOf.get(file) ?? []) closure(imported, found)
    }
    return found
  }
  const entry = closure(chunks.find(({ isEntry }) => isEntry)?.fileName ?? '')
  const pages = Object.entries(PAGES).map(([path, modules]) => {
    const needed = new Set(modules.flatMap((module) => [...closure(fileOf(module))]))
    return [path, [...needed].filter((file) => !entry.has(file))]
  })
  const texts = chunks.flatMap(({ facadeModuleId, fileName }) => {
    const locale = TEXTS.exec(facadeModuleId ?? '')?.[1]
    return locale ? [[locale, fileName]] : []
  })
  const needs = { pages: Object.fromEntries(pages), texts: Object.fromEntries(texts) }
  return {
    tag: 'script',
    attrs: { src: '/preload.js', 'data-needs': JSON.stringify(needs) },
    injectTo: 'head',
  }
}
