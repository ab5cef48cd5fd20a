// Before the first paint, so that nobody who chose light sees a dark flash. A file of its own,
// because the content security policy allows no inline scripts.
try {
  const theme = JSON.parse(localStorage.getItem('velox.theme') ?? '"dark"')
  document.documentElement.dataset.theme = theme === 'light' ? 'light' : 'dark'
} catch {
  // Storage is off: dark it is.
}
