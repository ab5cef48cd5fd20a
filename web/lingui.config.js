import { formatter } from '@lingui/format-po'

/**
 * The languages of the UI. English is the source: the texts stand in the code, marked by the macros
 * of Lingui, and `npm run texts` collects them into the catalogs.
 */
const locales = ['en', 'de', 'es', 'zh']

/** The pages apart from the trading page, whose texts are loaded only with them. */
const HELP = ['src/pages/help-page.tsx', 'src/features/help/**']
const ACCOUNT_PARTS =
  'account-dialogs,accounts-card,api-keys-card,device,guest-card,make-key-dialog,password-form,phone-form,profile-card,sessions-card'
const ACCOUNT = [
  'src/pages/{account,leaderboard,portfolio}-page.tsx',
  'src/features/{leaderboard,portfolio}/**',
  `src/features/account/{${ACCOUNT_PARTS}}.{ts,tsx}`,
  // The palette, too, loads them when it is opened.
  'src/pages/{palette,account-commands,order-commands,setting-commands}.{ts,tsx}',
  'src/features/palette/**',
]
const TESTS = 'src/**/*.test.*'

/** @type {import('@lingui/conf').LinguiConfig} */
export default {
  locales,
  sourceLocale: 'en',
  fallbackLocales: { default: 'en' },
  catalogs: [
    {
      path: '<rootDir>/src/locales/{locale}/trade',
      include: ['src'],
      exclude: [...HELP, ...ACCOUNT, TESTS],
    },
    { path: '<rootDir>/src/locales/{locale}/help', include: HELP, exclude: [TESTS] },
    { path: '<rootDir>/src/locales/{locale}/account', include: ACCOUNT, exclude: [TESTS] },
  ],
  // Without a provider around the page, since the language only changes with it.
  runtimeConfigModule: { Trans: ['@/ui/trans', 'Trans'] },
  // Without line numbers, so that moving code does not change the catalogs.
  format: formatter({ lineNumbers: false }),
}
