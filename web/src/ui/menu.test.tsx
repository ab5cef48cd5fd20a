import { act, cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it } from 'vitest'
import { Menu, MenuItem, Popover } from '@/ui/menu'
import { toast, ToastPlace } from '@/ui/toast'
import { Toasts } from '@/ui/toasts'

afterEach(cleanup)

it.each([
  [
    'menu',
    <Menu key="menu" trigger={<button type="button">open</button>}>
      <MenuItem onSelect={() => undefined}>an item</MenuItem>
    </Menu>,
  ],
  [
    'popover',
    <Popover key="popover" label="A box" trigger={<button type="button">open</button>}>
      <button type="button">an item</button>
    </Popover>,
  ],
])('a %s is closed by Escape, also when a toast has appeared since', async (name, element) => {
  const user = userEvent.setup()
  render(
    <>
      {element}
      <ToastPlace />
      <Toasts />
    </>,
  )
  await user.click(screen.getByRole('button', { name: 'open' }))
  await screen.findByText('an item')
  act(() => toast('info', `News of a ${name}`))
  await screen.findByText(`News of a ${name}`)
  await user.keyboard('{Escape}')
  expect(screen.queryByText('an item')).toBeNull()
  expect(screen.getByText(`News of a ${name}`)).toBeTruthy()
})
