// Before the first paint, so that nobody sees a flash of the other theme. A file of its own, because
// the content security policy allows no inline scripts.
try {
  const chosen = JSON.parse(localStorage.getItem('velox.theme') ?? 'null')
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
  document.documentElement.dataset.theme = chosen === 'light' || chosen === 'dark' ? chosen : system
} catch {
  // Storage is off: the page follows the system once it runs.
}
