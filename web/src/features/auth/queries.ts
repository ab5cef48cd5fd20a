import { useMutation } from '@tanstack/react-query'
import { api } from '@/api/client'
import { begin } from '@/session'

export function useSignIn() {
  return useMutation({
    mutationFn: api.signIn,
    onSuccess: ({ user }) => begin(user),
  })
}

export function useSignUp() {
  return useMutation({
    mutationFn: api.signUp,
    onSuccess: ({ user }) => begin(user),
  })
}

export function useMagicLink() {
  return useMutation({ mutationFn: api.magicLink })
}
