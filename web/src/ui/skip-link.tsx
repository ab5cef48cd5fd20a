type SkipLinkProps = {
  /** The id of the element that gets the focus. */
  to: string
  children: string
}

/** The first link of a page, for those who go by keys: it is visible while it has the focus. */
export function SkipLink({ to, children }: SkipLinkProps) {
  return (
    <a
      href={`#${to}`}
      onClick={(event) => {
        // The address stays: it names what is shown.
        event.preventDefault()
        const place = document.getElementById(to)
        if (!place) return
        place.tabIndex = -1
        place.focus()
      }}
      className="fixed top-1 left-1 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 font-semibold text-accent-ink focus:translate-y-0"
    >
      {children}
    </a>
  )
}
