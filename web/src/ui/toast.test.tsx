import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'
import { messageLog, toast, ToastPlace } from '@/ui/toast'
import { Toasts } from '@/ui/toasts'

afterEach(cleanup)

function show() {
  render(
    <>
      <ToastPlace layout="row" />
      <Toasts />
    </>,
  )
  return userEvent.setup()
}

it('shows the last three messages, and keeps the others for the log', () => {
  show()
  act(() => {
    for (const title of ['one', 'two', 'three', 'four']) toast('info', title)
  })
  expect(screen.queryByText('one')).toBeNull()
  for (const title of ['two', 'three', 'four']) expect(screen.getByText(title)).toBeTruthy()
  expect(messageLog.get().map(({ title }) => title)).toEqual(['four', 'three', 'two', 'one'])
})

it('undoes what it tells, once', async () => {
  const user = show()
  const undo = vi.fn()
  act(() => toast('success', 'Order canceled', 'buy 1 BTC', { label: 'Undo', run: undo }))
  await user.click(screen.getByRole('button', { name: 'Undo' }))
  expect(undo).toHaveBeenCalledOnce()
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull())
})

it('is dismissed by the keyboard, where it has the focus', async () => {
  const user = show()
  act(() => toast('warning', 'Order expired'))
  await user.keyboard('{Escape}')
  expect(screen.getByText('Order expired')).toBeTruthy()
  await user.keyboard('{F8}')
  act(() => screen.getAllByRole('button', { name: 'Dismiss' }).at(-1)?.focus())
  await user.keyboard('{Escape}')
  await vi.waitFor(() => expect(screen.queryByText('Order expired')).toBeNull())
})
