/**
 * A Vite plugin that makes an HTML file for each page that is worth it, which names what the page
 * needs: the browser then requests that together with the entry, not when it has run the entry.
 */

import type { HtmlTagDescriptor, Plugin, Rolldown } from 'vite'

type Needs = {
  /** The modules that the page opens at once. */
  modules: readonly string[]
  /** Modules by the width of the window, as a media query. As in src/pages/trade-views.ts. */
  byWidth?: Record<string, string>
  /** What it asks of the API whoever opens it. */
  requests?: readonly string[]
}

const MARKETS = '/api/v1/markets'
const SETTINGS = '/config.json'

/** The pages, by the names of their files, which http-gateway knows. */
const PAGES: Record<string, Needs> = {
  landing: { modules: ['pages/landing-page.tsx'], requests: [MARKETS, SETTINGS] },
  signin: { modules: ['pages/sign-in-page.tsx'] },
  register: { modules: ['pages/register-page.tsx'] },
  markets: { modules: ['pages/markets-page.tsx'], requests: [MARKETS] },
  trade: {
    // The chart is not among them: the rest of the page would come later on a slow line.
    modules: ['pages/trade-page.tsx'],
    byWidth: {
      '(min-width: 48rem)': 'pages/trade-desktop.tsx',
      'not all and (min-width: 48rem)': 'pages/trade-phone.tsx',
    },
    requests: [MARKETS, SETTINGS],
  },
}

const TEXTS = /\/src\/locales\/(\w+)\/trade\.po$/

export function preloads(): Plugin {
  return {
    name: 'preloads',
    apply: 'build',
    enforce: 'post',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => (bundle ? [textsTag(chunksOf(bundle))] : []),
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const index = bundle['index.html']
        if (index?.type !== 'asset') throw new Error('there is no index.html')
        const [head, body, more] = String(index.source).split('</head>')
        if (body === undefined || more !== undefined) throw new Error('index.html has no one head')
        const files = new Files(chunksOf(bundle))
        for (const [name, needs] of Object.entries(PAGES)) {
          const links = files.linksOf(needs).map((link) => `  ${link}\n  `)
          const source = `${head}${links.join('')}</head>${body}`
          this.emitFile({ type: 'asset', fileName: `${name}.html`, source })
        }
      },
    },
  }
}

const chunksOf = (bundle: Rolldown.OutputBundle) =>
  Object.values(bundle).filter((output) => output.type === 'chunk')

/** The texts by language, of which `public/preload.js` requests those of the browser. */
function textsTag(chunks: readonly Rolldown.OutputChunk[]): HtmlTagDescriptor {
  const texts = chunks.flatMap(({ facadeModuleId, fileName }) => {
    const locale = TEXTS.exec(facadeModuleId ?? '')?.[1]
    return locale ? [[locale, fileName]] : []
  })
  const needs = JSON.stringify(Object.fromEntries(texts))
  return {
    tag: 'script',
    attrs: { src: '/preload.js', 'data-texts': needs },
    injectTo: 'head',
  }
}

/** The files of modules, with those that these import. */
class Files {
  readonly #chunks: readonly Rolldown.OutputChunk[]
  readonly #importsOf: Map<string, string[]>
  readonly #entry: Set<string>

  constructor(chunks: readonly Rolldown.OutputChunk[]) {
    this.#chunks = chunks
    this.#importsOf = new Map(chunks.map(({ fileName, imports }) => [fileName, imports]))
    this.#entry = this.#closure(chunks.find(({ isEntry }) => isEntry)?.fileName ?? '')
  }

  /** Returns the elements that make the browser request what a page needs, each thing once. */
  linksOf({ modules, byWidth = {}, requests = [] }: Needs): string[] {
    const always = new Set(modules.flatMap((module) => this.#filesOf(module)))
    const scripts = [...always].map((file) => `<link rel="modulepreload" href="/${file}" />`)
    const byMedia = Object.entries(byWidth).flatMap(([media, module]) =>
      this.#filesOf(module)
        .filter((file) => !always.has(file))
        .map((file) => `<link rel="modulepreload" href="/${file}" media="${media}" />`),
    )
    const data = requests.map(
      (path) => `<link rel="preload" as="fetch" href="${path}" crossorigin />`,
    )
    return [...scripts, ...byMedia, ...data]
  }

  /** Returns the files of a module that the entry does not request itself. */
  #filesOf(module: string): string[] {
    const chunk = this.#chunks.find(({ moduleIds }) =>
      moduleIds.some((id) => id.endsWith(`/src/${module}`)),
    )
    if (!chunk) throw new Error(`no chunk of ${module}`)
    return [...this.#closure(chunk.fileName)].filter((file) => !this.#entry.has(file))
  }

  #closure(file: string, found = new Set<string>()): Set<string> {
    if (!found.has(file)) {
      found.add(file)
      for (const imported of this.#importsOf.get(file) ?? []) this.#closure(imported, found)
    }
    return found
  }
}
