// Requests the texts in the language of the page, of which the build has listed the files in this
// element, at once: otherwise the browser learns of them from the entry, one round trip later. A file
// of its own, because the content security policy allows no inline scripts.
try {
  const texts = JSON.parse(document.currentScript.dataset.texts)
  const chosen = JSON.parse(localStorage.getItem('velox.locale') ?? 'null')
  const known = [chosen, ...navigator.languages.map((tag) => tag.toLowerCase().split('-')[0])]
  const locale = known.find((name) => name in texts) ?? 'en'
  const link = document.createElement('link')
  link.rel = 'modulepreload'
  link.href = `/${texts[locale]}`
  document.head.append(link)
} catch {
  // The page then loads its texts by itself.
}
