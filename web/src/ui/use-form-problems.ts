import { type FocusEvent, type FormEvent, useState } from 'react'

/** The check of each field, which returns the problem or null. */
export type Rules<Name extends string> = Record<
  Name,
  (values: Record<Name, string>) => string | null
>

type FormProblems<Name extends string> = {
  /**
   * Returns the problem to show at a field: none before the user has left it or submitted the form.
   * The server's problem (`said`) applies to the submitted value and is hidden once it is edited.
   */
  problemOf: (name: Name, said?: string | null) => string | null
  /** The props of the form element. */
  form: {
    noValidate: true
    onBlur: (event: FocusEvent<HTMLFormElement>) => void
    onInput: (event: FormEvent<HTMLFormElement>) => void
    onSubmit: (event: FormEvent<HTMLFormElement>) => void
  }
}

/**
 * Validates a form. A problem appears once the user leaves the field, and is then updated with
 * every key. The values stay in the DOM.
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
        // An empty field that was only tabbed through shows no problem yet.
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
