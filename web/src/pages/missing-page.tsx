import { Link } from 'react-router'
import { paths } from '@/paths'

export function MissingPage() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold">There is nothing at this address</h1>
      <Link to={paths.landing} className="text-accent hover:underline">
        To the start page
      </Link>
    </main>
  )
}
