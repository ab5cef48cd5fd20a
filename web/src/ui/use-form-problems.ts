import { type FocusEvent, type FormEvent, useState } from 'react'

/** What is wrong with each field; null when nothing is. */
export type Rules<Name extends string> = Record<
  Name,
  (values: Record<Name, string>) => string | null
>

type FormProblems<Name extends string> = {
  /**
   * For the field: nothing before one has left it or tried to send. What the server `said` of it
   * holds for what was sent, and not for what one types since.
   */
  problemOf: (name: Name, said?: string | null) => string | null
  /** To be spread into the form. */
  form: {
    noValidate: true
    onBlur: (event: FocusEvent<HTMLFormElement>) => void
    onInput: (event: FormEvent<HTMLFormElement>) => void
    onSubmit: (event: FormEvent<HTMLFormElement>) => void
  }
}

/**
 * A form that says what is wrong at the field, when one has left it and not while one types, and
 * from then on with every key. What is typed stays in the page's own fields.
 */
export function useFormProblems<Name extends string>(
  rules: Rules<Name>,
  send: (values: Record<Name, string>) => void,
): FormProblems<Name> {
  const names = Object.keys(rules) as Name[]
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const [edited, setEdited] = useState<ReadonlySet<string>>(new Set())
  const [problems, setProblems] = useState<Partial<Record<Name, string | null>>>({})

  function check(form: HTMLFormElement): Record<Name, string> {
    const data = new FormData(form)
    const values = Object.fromEntries(
      names.map((name) => [name, String(data.get(name) ?? '')]),
    ) as Record<Name, string>
    setProblems(
      Object.fromEntries(names.map((name) => [name, rules[name](values)])) as typeof problems,
    )
    return values
  }

  return {
    problemOf(name, said = null) {
      const own = touched.has(name) ? problems[name] : null
      return own ?? (edited.has(name) ? null : said)
    },
    form: {
      noValidate: true,
      onBlur(event) {
        const { name, value } = event.target as unknown as HTMLInputElement
        // Who only passes through a field has done nothing wrong yet.
        if (value) setTouched((before) => new Set(before).add(name))
        check(event.currentTarget)
      },
      onInput(event) {
        const { name } = event.target as HTMLInputElement
        setEdited((before) => (before.has(name) ? before : new Set(before).add(name)))
        check(event.currentTarget)
      },
      onSubmit(event) {
        event.preventDefault()
        const form = event.currentTarget
        const values = check(form)
        setTouched(new Set(names))
        const wrong = names.find((name) => rules[name](values) !== null)
        if (wrong !== undefined) {
          form.querySelector<HTMLInputElement>(`[name="${wrong}"]`)?.focus()
          return
        }
        setEdited(new Set())
        send(values)
      },
    },
  }
}
