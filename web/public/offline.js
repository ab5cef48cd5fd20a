// The page that stands for one that can't be fetched. It has the address of that page, so that
// reloading opens it.

const LOOK_MS = 5_000

if (!navigator.onLine) document.querySelector('#title').textContent = 'You are offline'

document.querySelector('#again').addEventListener('click', () => location.reload())
window.addEventListener('online', () => location.reload())

// The server may be away while the network is there.
setInterval(async () => {
  const answer = await fetch('/config.json', { cache: 'no-store' }).catch(() => null)
  if (answer?.ok) location.reload()
}, LOOK_MS)
