import { Trans } from '@lingui/react/macro'
import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'

it('shows a text with elements in it', () => {
  const count = 3
  render(
    <p>
      <Trans>
        Close <b>all {count}</b> positions
      </Trans>
    </p>,
  )
  expect(screen.getByText('all 3').tagName).toBe('B')
  expect(document.body.textContent).toBe('Close all 3 positions')
})
