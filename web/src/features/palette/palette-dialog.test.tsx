import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Command } from '@/commands'
import { PaletteDialog } from '@/features/palette/palette-dialog'

let done: string[] = []

const command = (id: string, group: Command['group'], label: string): Command => ({
  id,
  group,
  label,
  run: () => done.push(id),
})

const COMMANDS = [
  command('BTCUSDT', 'Markets', 'BTC USDT'),
  command('ETHUSDT', 'Markets', 'ETH USDT'),
  command('help', 'Pages', 'How trading works'),
  command('theme', 'Actions', 'Toggle the theme'),
]

beforeEach(() => {
  done = []
  HTMLElement.prototype.scrollIntoView = () => undefined
})

afterEach(() => {
  cleanup()
  localStorage.clear()
})

function open() {
  const closed = vi.fn()
  render(<PaletteDialog commands={COMMANDS} onClose={closed} />)
  return { user: userEvent.setup(), closed }
}

const field = () => screen.getByRole('combobox')
const active = () => field().getAttribute('aria-activedescendant')
const shown = () => screen.getAllByRole('option').map(({ textContent }) => textContent)

it('finds by letters, and runs the best on Enter', async () => {
  const { user, closed } = open()
  await user.type(field(), 'eth')
  expect(active()).toBe('command-ETHUSDT')
  await user.keyboard('{Enter}')
  expect(done).toEqual(['ETHUSDT'])
  expect(closed).toHaveBeenCalledOnce()
})

it('moves with the arrow keys, around the ends', async () => {
  const { user } = open()
  await user.type(field(), '{ArrowDown}')
  expect(active()).toBe('command-BTCUSDT')
  await user.keyboard('{ArrowUp}{ArrowUp}')
  expect(active()).toBe('command-help')
  await user.keyboard('{Enter}')
  expect(done).toEqual(['help'])
})

it('lists the recent ones first', async () => {
  const { user } = open()
  await user.click(screen.getByRole('option', { name: 'How trading works' }))
  cleanup()
  open()
  expect(screen.getAllByRole('group').map((group) => group.getAttribute('aria-label'))).toEqual([
    'Recent',
    'Actions',
    'Markets',
  ])
  expect(shown()[0]).toBe('How trading works')
})

it('says that nothing was found', async () => {
  const { user } = open()
  await user.type(field(), 'zzz{ArrowDown}{Enter}')
  expect(screen.getByText('Nothing found')).toBeTruthy()
  expect(done).toEqual([])
})
