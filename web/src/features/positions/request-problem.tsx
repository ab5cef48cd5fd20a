import { ApiError, sentence } from '@/api/errors'

type RequestProblemProps = {
  error: Error | null
  /** The fields of the form, which show their own problems. */
  fields: readonly string[]
}

/** The failure of a form's request, unless a field shows it. */
export function RequestProblem({ error, fields }: RequestProblemProps) {
  if (!error) return null
  const isShown = error instanceof ApiError && fields.some((field) => error.fields[field])
  if (isShown) return null
  return (
    <p role="alert" className="text-xs text-down">
      {sentence(error)}
    </p>
  )
}
