/** The commands that lead to what belongs to the account. */

import { t } from '@lingui/core/macro'
import type { Command } from '@/commands'
import { paths } from '@/paths'
import { showTab, type WantedTab } from '@/trading/wanted-tab'

export function accountCommands(navigate: (path: string) => void, isGuest: boolean): Command[] {
  const list = (tab: WantedTab, label: string, words: string): Command => ({
    id: `list-${tab}`,
    group: 'Account',
    label,
    words,
    run: () => {
      if (location.pathname !== paths.trade) navigate(paths.trade)
      showTab(tab)
    },
  })
  const setting = (id: string, label: string, words: string): Command => ({
    id,
    group: 'Account',
    label,
    words,
    run: () => navigate(paths.account),
  })
  const csv = t({ message: 'csv export download', context: 'search words' })
  return [
    list('ended', t`Order history`, csv),
    list('fills', t`Fills`, csv),
    list('closed', t`Position history`, csv),
    list('income', t`Account history`, csv),
    setting(
      'reset-account',
      t`Reset the account`,
      t({ message: 'start again balance', context: 'search words' }),
    ),
    ...(isGuest
      ? []
      : [
          setting(
            'api-keys',
            t`API keys`,
            t({ message: 'bot token secret program', context: 'search words' }),
          ),
        ]),
  ]
}
