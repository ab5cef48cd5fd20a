/** A Vite plugin that expands the macros of Lingui in the files that import them. */

import { transformAsync } from '@babel/core'
import type { Plugin } from 'vite'

const MACROS = /@lingui\/(core|react)\/macro/

export function linguiMacros(): Plugin {
  return {
    name: 'lingui-macros',
    enforce: 'pre',
    transform: {
      filter: { id: /\/src\/.*\.tsx?$/, code: MACROS },
      async handler(code, id) {
        const expanded = await transformAsync(code, {
          filename: id,
          babelrc: false,
          configFile: false,
          sourceMaps: true,
          parserOpts: { plugins: ['typescript', 'jsx'] },
          plugins: ['@lingui/babel-plugin-lingui-macro'],
        })
        return expanded?.code ? { code: expanded.code, map: expanded.map ?? null } : null
      },
    },
  }
}
