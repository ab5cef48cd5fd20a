import { api } from '@/api/client'
import type { Registration, User } from '@/api/schema'
import { begin, keep } from '@/session'
import { useSoleMutation } from '@/sole-mutation'

export function useSignIn() {
  return useSoleMutation({
    mutationFn: api.signIn,
    onSuccess: ({ user }) => begin(user),
  })
}

/** Creates an account, or registers the guest whose account this is. */
export function useSignUp(isGuest: boolean) {
  return useSoleMutation({
    mutationFn: async (body: Registration): Promise<{ user: User; notice?: string }> =>
      isGuest ? api.register(body) : api.signUp(body),
    onSuccess: ({ user }) => (isGuest ? keep(user) : begin(user)),
  })
}

export function useMagicLink() {
  return useSoleMutation({ mutationFn: api.magicLink })
}
