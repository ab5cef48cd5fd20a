import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { keepFocus } from '@/ui/keep-focus'

let stop = () => {}

beforeEach(() => {
  stop = keepFocus(document)
})

afterEach(() => {
  stop()
  cleanup()
})

const button = (name: string) => screen.getByRole('button', { name })

async function expectFocus(element: () => Element): Promise<void> {
  await vi.waitFor(() => expect(document.activeElement).toBe(element()))
}

function press(name: string): void {
  act(() => button(name).focus())
  act(() => button(name).click())
}

/** Rows that go when they are canceled, one after the other. */
function Rows() {
  const [rows, setRows] = useState(['a', 'b', 'c'])
  return (
    <section aria-label="Orders">
      {rows.length === 0 ? (
        <p>No orders</p>
      ) : (
        <ul>
          {rows.map((row) => (
            <li key={row}>
              <button type="button">Show {row}</button>
              <button
                type="button"
                onClick={() => setRows((all) => all.filter((each) => each !== row))}
              >
                Cancel {row}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

it('goes from row to row, the same button in each, and then to the region', async () => {
  render(<Rows />)
  press('Cancel b')
  await expectFocus(() => button('Cancel c'))
  press('Cancel c')
  await expectFocus(() => button('Cancel a'))
  press('Cancel a')
  await expectFocus(() => screen.getByRole('region', { name: 'Orders' }))
})

it('does not let a key that is held down press the next button', async () => {
  render(<Rows />)
  press('Cancel a')
  await expectFocus(() => button('Cancel b'))
  const isTaken = (repeat: boolean) =>
    !fireEvent.keyDown(button('Cancel b'), { key: 'Enter', repeat })
  expect(isTaken(true)).toBe(true)
  expect(isTaken(false)).toBe(false)
  expect(isTaken(true)).toBe(false)
})

/** A form whose button is another one once it was pressed. */
function Form({ type }: { type: 'button' | 'submit' }) {
  const [isIn, setIsIn] = useState(false)
  return (
    <form aria-label="Order">
      <input aria-label="Size" />
      {isIn ? (
        // oxlint-disable-next-line react/button-has-type -- one of two
        <button type={type}>Open</button>
      ) : (
        <div>
          <button type="button" onClick={() => setIsIn(true)}>
            Try it
          </button>
        </div>
      )}
    </form>
  )
}

it('goes to what stands in its place', async () => {
  render(<Form type="button" />)
  press('Try it')
  await expectFocus(() => button('Open'))
})

it('goes to the form rather than to the button that sends it', async () => {
  render(<Form type="submit" />)
  press('Try it')
  await expectFocus(() => screen.getByRole('form', { name: 'Order' }))
})

it('returns from a dialog that is gone to what opened it, once that is enabled', async () => {
  function Confirmed() {
    const [step, setStep] = useState<'idle' | 'asked' | 'sending'>('idle')
    return (
      <main>
        <Button pending={step === 'sending'} onClick={() => setStep('asked')}>
          Open long
        </Button>
        <button type="button" tabIndex={-1} onClick={() => setStep('idle')}>
          Taken
        </button>
        {step === 'asked' && (
          <Dialog open onClose={() => setStep('idle')} title="Confirm">
            <Button data-first onClick={() => setStep('sending')}>
              Send
            </Button>
          </Dialog>
        )}
      </main>
    )
  }
  render(<Confirmed />)
  press('Open long')
  expect(document.activeElement).toBe(button('Send'))
  act(() => button('Send').click())
  await new Promise((done) => setTimeout(done, 100))
  expect(document.activeElement).toBe(document.body)
  act(() => button('Taken').click())
  await expectFocus(() => button('Open long'))
})

it('leaves the focus where the user or the page has put it', async () => {
  render(
    <>
      <Rows />
      <input aria-label="Size" />
    </>,
  )
  press('Cancel a')
  act(() => screen.getByLabelText('Size').focus())
  await new Promise((done) => setTimeout(done, 100))
  expect(document.activeElement).toBe(screen.getByLabelText('Size'))
  const user = userEvent.setup()
  await user.click(document.body)
  expect(document.activeElement).toBe(document.body)
  await new Promise((done) => setTimeout(done, 20))
  act(() => button('Cancel b').click())
  await new Promise((done) => setTimeout(done, 100))
  expect(document.activeElement).toBe(document.body)
})

it('goes to the content of the next page, once that is there', async () => {
  const left = render(
    <main>
      <button type="button">Try now</button>
    </main>,
  )
  button('Try now').focus()
  left.unmount()
  await new Promise((done) => setTimeout(done, 100))
  expect(document.activeElement).toBe(document.body)
  render(<main aria-label="Trade" />)
  await expectFocus(() => screen.getByRole('main', { name: 'Trade' }))
})

it('leaves the focus alone where the next page has put it', async () => {
  const left = render(<main />)
  left.unmount()
  render(
    <main>
      {/* oxlint-disable-next-line jsx-a11y/no-autofocus -- as the form for signing in has it */}
      <input aria-label="Email" autoFocus />
    </main>,
  )
  await new Promise((done) => setTimeout(done, 100))
  expect(document.activeElement).toBe(screen.getByLabelText('Email'))
})

it('knows what had the focus before it began', async () => {
  stop()
  render(<Rows />)
  button('Cancel b').focus()
  stop = keepFocus(document)
  act(() => button('Cancel b').click())
  await expectFocus(() => button('Cancel c'))
})
