import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { queryClient } from '@/query-client'
import { useSoleMutation } from '@/sole-mutation'

afterEach(() => {
  cleanup()
  queryClient.clear()
})

it('sends a request again only after its response, and others beside it', async () => {
  const sent: { id: string; answer: () => void; fail: () => void }[] = []
  const { result } = renderHook(
    () =>
      useSoleMutation({
        mutationFn: (id: string) =>
          new Promise<void>((answer, fail) => {
            sent.push({ id, answer: () => answer(), fail: () => fail(new Error('refused')) })
          }),
      }),
    {
      wrapper: ({ children }) => (
        <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
      ),
    },
  )
  const press = (id: string) => act(async () => result.current.mutate(id))
  const ids = () => sent.map(({ id }) => id)
  // Both clicks come before the page is rendered again.
  await act(async () => {
    result.current.mutate('a')
    result.current.mutate('a')
  })
  await press('b')
  expect(ids()).toEqual(['a', 'b'])

  await act(async () => sent[0]?.answer())
  await press('a')
  expect(ids()).toEqual(['a', 'b', 'a'])
  await act(async () => sent[2]?.fail())
  await press('a')
  expect(ids()).toEqual(['a', 'b', 'a', 'a'])
})
