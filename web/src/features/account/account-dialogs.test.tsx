import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import { ApiError } from '@/api/errors'
import { AccountDialog } from '@/features/account/account-dialogs'
import { MakeKeyDialog } from '@/features/account/make-key-dialog'
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

/** A refusal with problems of fields. */
const refusal = (fields: Record<string, string>) => new ApiError(400, 'VALIDATION', 'No.', fields)

it('shows a refusal whose field the dialog does not have', async () => {
  vi.spyOn(api, 'openAccount').mockRejectedValue(refusal({ mode: 'must be separate' }))
  render(
    <QueryClientProvider client={queryClient}>
      <AccountDialog matter="open" account={null} onClose={() => undefined} />
    </QueryClientProvider>,
  )
  await userEvent.type(screen.getByLabelText('Name'), 'Swing')
  await userEvent.click(screen.getByRole('button', { name: 'Open the account' }))
  expect((await screen.findByRole('alert')).textContent).toBe('No.')
})

it('shows a refusal of a key at the fields of its kind, or else above the button', async () => {
  const make = vi.spyOn(api, 'makeApiKey')
  render(
    <QueryClientProvider client={queryClient}>
      <MakeKeyDialog open onClose={() => undefined} />
    </QueryClientProvider>,
  )
  await userEvent.type(screen.getByLabelText('Name'), 'bot')
  // A key of this kind has no addresses.
  make.mockRejectedValue(refusal({ allowedAddresses: 'are for exchange keys' }))
  const create = screen.getByRole('button', { name: 'Create key' })
  await userEvent.click(create)
  expect((await screen.findByRole('alert')).textContent).toBe('No.')
  await userEvent.click(screen.getByRole('radio', { name: 'Exchange bots' }))
  // The name of the key is that of its account, too.
  make.mockRejectedValue(refusal({ newAccount: 'has too many characters' }))
  await userEvent.click(create)
  await screen.findByText('Has too many characters')
  expect(screen.queryByRole('alert')).toBeNull()
})
