import { useSearchParams } from 'react-router'
import { SignInForm } from '@/features/auth/sign-in-form'
import { nextPath } from '@/paths'
import { Logo } from '@/ui/logo'

export function SignInPage() {
  const [search] = useSearchParams()
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 p-6">
      <Logo />
      <SignInForm next={nextPath(search)} />
    </main>
  )
}
