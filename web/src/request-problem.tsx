import { isAtFields, sentence } from '@/api/errors'

type RequestProblemProps = {
  error: unknown
  /** The fields that the form shows, by the names of the API; they show their own problems. */
  fields: readonly string[]
}

/** The failure of a form's request, unless its fields show all of it. */
export function RequestProblem({ error, fields }: RequestProblemProps) {
  if (!error || isAtFields(error, fields)) return null
  return (
    <p role="alert" className="text-xs text-down">
      {sentence(error)}
    </p>
  )
}
