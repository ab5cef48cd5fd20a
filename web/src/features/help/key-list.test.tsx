import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { KeyList } from '@/features/help/key-list'

afterEach(cleanup)

it('lists a key once for each of its actions, without a complaint', () => {
  const complain = vi.spyOn(console, 'error').mockReturnValue()
  render(<KeyList />)
  expect(screen.getAllByText('Del')).toHaveLength(2)
  expect(complain).not.toHaveBeenCalled()
})
