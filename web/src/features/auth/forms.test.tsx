import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { MemoryRouter } from 'react-router'
import { afterEach, expect, it, vi } from 'vitest'
import { RegisterForm } from '@/features/auth/register-form'
import { SignInForm } from '@/features/auth/sign-in-form'
import { queryClient } from '@/query-client'

const sent: unknown[] = []

/** The gateway refuses whatever is sent, like this. */
function refuse(status: number, body: object, headers: Record<string, string> = {}): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(await request.json())
    return Response.json(body, { status, headers })
  })
}

function show(form: ReactNode): void {
  render(
    <QueryClientProvider client={queryClient}>
      <MemoryRouter>{form}</MemoryRouter>
    </QueryClientProvider>,
  )
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

it('says what is wrong at the fields and sends nothing', async () => {
  refuse(500, {})
  show(<RegisterForm next="/trade" />)
  await type('Email', 'tom')
  expect(screen.queryByText('Is not an email address')).toBeNull()
  await userEvent.tab()
  expect(screen.getByText('Is not an email address')).toBeTruthy()
  await press('Register')
  expect(screen.getByText('Must have 8 to 128 characters')).toBeTruthy()
  expect(document.activeElement).toBe(screen.getByLabelText('Email'))
  expect(sent).toEqual([])
})

it('shows at its field what only the server knows', async () => {
  const problem = 'is one of the passwords that are guessed first; choose another'
  refuse(400, { code: 'VALIDATION', error: 'Check the fields.', fields: { password: problem } })
  await register()
  await screen.findByText('Is one of the passwords that are guessed first; choose another')
  expect(screen.getByLabelText('Password').getAttribute('aria-invalid')).toBe('true')
  expect(sent).toEqual([
    { email: 'tom@example.com', phone: '+1 555 0100', password: 'correct horse battery' },
  ])
})

it('shows at the email that it is taken', async () => {
  const error = 'An account with this email exists already.'
  refuse(409, { code: 'EMAIL_TAKEN', error })
  await register()
  await screen.findByText(error)
  expect(screen.getByLabelText('Email').getAttribute('aria-invalid')).toBe('true')
  expect(screen.queryByRole('alert')).toBeNull()

  // It is said of what was sent, until that is sent again.
  await type('Email', 'm')
  expect(screen.queryByText(error)).toBeNull()
  expect(screen.getByLabelText('Email').getAttribute('aria-invalid')).toBeNull()
  await press('Register')
  await screen.findByText(error)
})

it('counts down how long one has to wait, and only then lets one try again', async () => {
  const body = { code: 'TOO_MANY_ATTEMPTS', error: 'Too many attempts; try again in 2 s.' }
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
