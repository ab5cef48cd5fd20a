export function Logo() {
  return (
    // Where there is no room beside the sign, the name wraps out of sight.
    <span className="inline-flex h-6 flex-wrap content-start items-center gap-x-2 overflow-hidden font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden className="size-6">
        <path d="M4 7h7l5 13 7.5-13H28L17 27h-2.5z" className="fill-up" />
      </svg>
      Velox
    </span>
  )
}
