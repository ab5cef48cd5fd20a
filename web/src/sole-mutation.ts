import { useMutation, type UseMutationOptions } from '@tanstack/react-query'
import { useRef } from 'react'

/**
 * A mutation that sends a request only once at a time: the second click of a double click can come
 * before the button is rendered as disabled.
 */
export function useSoleMutation<Data, Given = void>(
  options: UseMutationOptions<Data, Error, Given>,
) {
  const sending = useRef(new Set<string | undefined>())
  const mutation = useMutation(options)
  const mutate: typeof mutation.mutate = (...given) => {
    const name = JSON.stringify(given[0])
    if (sending.current.has(name)) return
    sending.current.add(name)
    mutation
      .mutateAsync(...given)
      .catch(() => undefined)
      .finally(() => sending.current.delete(name))
  }
  return { ...mutation, mutate }
}
