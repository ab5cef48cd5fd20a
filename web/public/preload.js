// Requests the chunks of the page that is opened, which the build has listed in this element, at
// once: otherwise the browser learns of them from the entry, one round trip later. A file of its
// own, because the content security policy allows no inline scripts.
try {
  const { pages, texts } = JSON.parse(document.currentScript.dataset.needs)
  const chosen = JSON.parse(localStorage.getItem('velox.locale') ?? 'null')
  const known = [chosen, ...navigator.languages.map((tag) => tag.toLowerCase().split('-')[0])]
  const locale = known.find((name) => name in texts) ?? 'en'
  const path = location.pathname
  // As in src/pages/trade-views.ts.
  const width = matchMedia('(min-width: 48rem)').matches ? 'wide' : 'narrow'
  const needed = [path, `${path} ${width}`].flatMap((key) => pages[key] ?? [])
  for (const file of new Set([texts[locale], ...needed])) {
    const link = document.createElement('link')
    link.rel = 'modulepreload'
    link.href = `/${file}`
    document.head.append(link)
  }
} catch {
  // The page then loads its chunks by itself.
}
