// The service worker. It answers a page that can't be fetched with one that says so, and nothing else:
// prices, accounts and files of the build always come from the network or the browser's own cache, so
// that nothing old is ever shown as current. A new version of the site has a new version of this file,
// by which open pages notice it. The build puts the version in.

const CACHE = 'velox-__VERSION__'
const OFFLINE = '/offline.html'
const SHELL = [OFFLINE, '/offline.css', '/offline.js', '/theme.js', '/favicon.svg']

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(SHELL.map((path) => new Request(path, { cache: 'reload' }))))
      // It holds nothing that an open page relies on.
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith('velox-') && name !== CACHE)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  // Pages of the API, such as those of emailed links, are the server's alone.
  if (request.mode === 'navigate' && !pathname.startsWith('/api/')) {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)))
    return
  }
  // The files of the offline page. While the network answers, they are the network's.
  if (SHELL.includes(pathname)) {
    event.respondWith(
      fetch(request).catch(async () => (await caches.match(pathname)) ?? Response.error()),
    )
  }
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then(([open]) => {
      return open ? open.focus() : self.clients.openWindow('/trade')
    }),
  )
})
