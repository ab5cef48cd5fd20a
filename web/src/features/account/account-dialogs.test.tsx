import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import { AccountDialog } from '@/features/account/account-dialogs'
import type * as Locales from '@/locale'
import { queryClient } from '@/query-client'

// German notation, with the English texts of the code.
vi.mock('@/locale', async (original) => ({
  ...(await original<typeof Locales>()),
  locale: 'de',
}))

afterEach(() => {
  cleanup()
  queryClient.clear()
})

it('shows and reads the balance in the notation of the page', async () => {
  const open = vi.spyOn(api, 'openAccount').mockReturnValue(new Promise(() => undefined))
  render(
    <QueryClientProvider client={queryClient}>
      <AccountDialog matter="open" account={null} onClose={() => undefined} />
    </QueryClientProvider>,
  )
  expect(screen.getByText('From 100 to 1.000.000.')).toBeTruthy()
  await userEvent.type(screen.getByLabelText('Name'), 'Swing')
  const field = screen.getByLabelText<HTMLInputElement>('Balance to begin with')
  await userEvent.clear(field)
  await userEvent.type(field, '99,5')
  const button = screen.getByRole('button', { name: 'Open the account' })
  await userEvent.click(button)
  expect(screen.getByText('Use 100 to 1.000.000 USD')).toBeTruthy()
  expect(open).not.toHaveBeenCalled()
  await userEvent.clear(field)
  await userEvent.type(field, '12.345,50')
  await userEvent.tab()
  expect(field.value).toBe('12345,5')
  await userEvent.click(button)
  expect(open.mock.calls[0]?.[0]).toMatchObject({ name: 'Swing', balance: '12345.5' })
})
