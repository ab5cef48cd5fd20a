/** The files of lists, which the server writes. */

import { api, chosenAccount } from '@/api/client'

function downloadBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob)
  downloadFrom(url, fileName)
  // Delayed, because the download has only been requested.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/**
 * Downloads a file of the API. A link can't name the chosen account, so the page fetches the file
 * where it has to.
 */
export async function downloadServed(address: string, fileName: string): Promise<void> {
  if (chosenAccount.get() === null) return downloadFrom(address, fileName)
  downloadBlob(await api.file(address), fileName)
}

/** Downloads the file at an address. */
function downloadFrom(url: string, fileName: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
}
