import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { RegisterForm } from '@/features/auth/register-form'
import { SignInForm } from '@/features/auth/sign-in-form'
import { queryClient } from '@/query-client'

const sent: unknown[] = []

/** Makes the gateway refuse every request with this response. */
function refuse(status: number, body: object, headers: Record<string, string> = {}): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(await request.json())
    return Response.json(body, { status, headers })
  })
}

function show(form: ReactNode): void {
  render(<QueryClientProvider client={queryClient}>{form}</QueryClientProvider>)
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  sent.length = 0
  vi.unstubAllGlobals()
})

const type = async (label: string, text: string) =>
  userEvent.type(screen.getByLabelText(label), text)

const press = async (name: string) => userEvent.click(screen.getByRole('button', { name }))

async function register(): Promise<void> {
  show(<RegisterForm next="/trade" />)
  await type('Email', 'tom@example.com')
  await type('Phone', '+1 555 0100')
  await type('Password', 'correct horse battery')
  await press('Register')
}

it('shows problems at the fields and sends nothing', async () => {
  refuse(500, {})
  show(<RegisterForm next="/trade" />)
  await type('Email', 'tom')
  expect(screen.queryByText('Enter a valid email address')).toBeNull()
  await userEvent.tab()
  expect(screen.getByText('Enter a valid email address')).toBeTruthy()
  await press('Register')
  expect(screen.getByText('Use 8 to 128 characters')).toBeTruthy()
  expect(document.activeElement).toBe(screen.getByLabelText('Email'))
  expect(sent).toEqual([])
})

it('shows a problem found by the server at its field', async () => {
  const problem = 'is too easy to guess; choose another'
  refuse(400, { code: 'VALIDATION', error: 'Check the fields.', fields: { password: problem } })
  await register()
  await screen.findByText('Is too easy to guess; choose another')
  expect(screen.getByLabelText('Password').getAttribute('aria-invalid')).toBe('true')
  expect(sent).toEqual([
    { email: 'tom@example.com', phone: '+1 555 0100', password: 'correct horse battery' },
  ])
})

it('shows a problem of a field that the form does not have', async () => {
  const error = 'Velox-Account must be the UUID of a user.'
  const fields = { 'Velox-Account': 'must be the UUID of a user' }
  refuse(400, { code: 'VALIDATION', error, fields })
  await register()
  expect((await screen.findByRole('alert')).textContent).toBe(error)
})

it('shows at the email field that the address is taken', async () => {
  const error = 'An account with this email already exists. Sign in instead.'
  refuse(409, { code: 'EMAIL_TAKEN', error })
  await register()
  await screen.findByText(error)
  expect(screen.getByLabelText('Email').getAttribute('aria-invalid')).toBe('true')
  expect(screen.queryByRole('alert')).toBeNull()

  // The problem belongs to the value that was sent; editing the field hides it.
  await type('Email', 'm')
  expect(screen.queryByText(error)).toBeNull()
  expect(screen.getByLabelText('Email').getAttribute('aria-invalid')).toBeNull()
  await press('Register')
  await screen.findByText(error)
})

it('counts down the waiting time and disables the button until then', async () => {
  const body = { code: 'TOO_MANY_ATTEMPTS', error: 'Too many attempts. Try again in 2 seconds.' }
  refuse(429, body, { 'Retry-After': '2' })
  show(<SignInForm next="/trade" onForgotten={() => {}} />)
  await type('Email', 'tom@example.com')
  await type('Password', 'wrong')
  await press('Sign in')
  await screen.findByText(/Try again in \d s\./)
  expect(screen.getByRole('button', { name: 'Sign in' })).toHaveProperty('disabled', true)
  await screen.findByText('You can try again now.', {}, { timeout: 10_000 })
  expect(screen.getByRole('button', { name: 'Sign in' })).toHaveProperty('disabled', false)
}, 15_000)

it('sends once, however often it is pressed', async () => {
  refuse(401, { code: 'BAD_CREDENTIALS', error: 'Wrong email or password.' })
  show(<SignInForm next="/trade" onForgotten={() => undefined} />)
  await type('Email', 'tom@example.com')
  await type('Password', 'correct horse battery')
  const form = screen.getByRole('form')
  await act(async () => {
    for (let presses = 0; presses < 2; presses += 1) fireEvent.submit(form)
  })
  await screen.findByText('Wrong email or password.')
  expect(sent).toHaveLength(1)
})
