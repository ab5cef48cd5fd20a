// The page that stands for one that can't be fetched. It has the address of that page, so that
// reloading opens it.

const LOOK_MS = 5_000

const title = document.querySelector('#title')
if (!navigator.onLine) title.textContent = 'You are offline'

document.querySelector('#again').addEventListener('click', () => location.reload())
window.addEventListener('online', () => location.reload())

// The server may be away while the network is there.
setInterval(async () => {
  const answer = await fetch('/config.json', { cache: 'no-store' }).catch(() => null)
  if (answer?.ok) location.reload()
}, LOOK_MS)

// Last: without the browser's storage, the page is in English and works.

/** The texts in languages other than that of the file: not reached, offline, why, again. */
const TEXTS = {
  de: [
    'Velox ist nicht erreichbar',
    'Sie sind offline',
    'Preise und Konto werden nicht angezeigt, weil sie veraltet wären. Ihre offenen Positionen bleiben bestehen und werden vom Server überwacht. Diese Seite öffnet sich wieder, sobald eine Verbindung besteht.',
    'Erneut versuchen',
  ],
  es: [
    'No se puede conectar con Velox',
    'Estás sin conexión',
    'No se muestran precios ni la cuenta, porque no estarían al día. El servidor conserva y vigila tus posiciones abiertas. Esta página vuelve a abrirse en cuanto haya conexión.',
    'Reintentar',
  ],
  zh: [
    '无法连接 Velox',
    '您已离线',
    '为避免显示过期数据，此处不显示价格和账户。您的持仓不受影响，服务器会继续监控。恢复连接后，本页将自动打开。',
    '重试',
  ],
}

const chosen = JSON.parse(localStorage.getItem('velox.locale') ?? 'null')
const known = [chosen, ...navigator.languages.map((tag) => tag.toLowerCase().split('-')[0])]
// The first language that Velox speaks; the file itself is English.
const locale = known.find((name) => name === 'en' || name in TEXTS) ?? 'en'
const texts = TEXTS[locale]
if (texts) {
  document.documentElement.lang = locale
  document.querySelector('p').textContent = texts[2]
  document.querySelector('#again').textContent = texts[3]
  title.textContent = texts[navigator.onLine ? 0 : 1]
}
