import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { LanguageField, LanguageMenu } from '@/features/account/language-choice'
import type * as Locales from '@/locale'
import { changeLocale } from '@/locale'

vi.mock('@/locale', async (original) => ({
  ...(await original<typeof Locales>()),
  changeLocale: vi.fn(),
}))

afterEach(() => {
  cleanup()
  vi.mocked(changeLocale).mockClear()
})

it('names each language in itself, and marks the language of the page', async () => {
  render(<LanguageMenu />)
  await userEvent.click(screen.getByRole('button', { name: 'Language' }))
  const items = await screen.findAllByRole('menuitemradio')
  expect(items.map(({ textContent, lang }) => [lang, textContent])).toEqual([
    ['en', 'English'],
    ['de', 'Deutsch'],
    ['es', 'Español'],
    ['zh', '中文'],
  ])
  expect(screen.getByRole('menuitemradio', { checked: true }).textContent).toBe('English')
})

it('is chosen with the keyboard', async () => {
  render(<LanguageMenu />)
  screen.getByRole('button', { name: 'Language' }).focus()
  await userEvent.keyboard('{Enter}')
  await screen.findByRole('menuitemradio', { name: 'English' })
  await userEvent.keyboard('{ArrowDown}{Enter}')
  expect(changeLocale).toHaveBeenCalledExactlyOnceWith('de')
})

it('stays as it is with the same language', async () => {
  render(<LanguageMenu />)
  await userEvent.click(screen.getByRole('button', { name: 'Language' }))
  await userEvent.click(await screen.findByRole('menuitemradio', { name: 'English' }))
  expect(changeLocale).not.toHaveBeenCalled()
})

it('is a list in the settings of phones', async () => {
  render(<LanguageField />)
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Language' }), '中文')
  expect(changeLocale).toHaveBeenCalledExactlyOnceWith('zh')
})
