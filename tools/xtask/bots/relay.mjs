// A relay before Velox's WebSocket that can be cut, as a network that fails.

import { once } from 'node:events'
import net from 'node:net'

export class Relay {
  #relayed = new Map()
  #isCut = false

  static async before(url) {
    const relay = new Relay()
    const velox = new URL(url)
    const listener = net.createServer((client) => relay.#accept(client, velox))
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    relay.url = url.replace(velox.host, `127.0.0.1:${listener.address().port}`)
    return relay
  }

  // Ends all connections without a word, and waits until Velox has ended its side.
  async cut() {
    if (this.#relayed.size === 0) throw new Error('there is no connection to cut')
    this.#isCut = true
    await Promise.all([...this.#relayed].map(([client, velox]) => {
      client.destroy()
      velox.end()
      return once(velox, 'close')
    }))
  }

  // Lets clients connect again.
  mend() {
    this.#isCut = false
  }

  #accept(client, { hostname, port }) {
    if (this.#isCut) {
      client.destroy()
      return
    }
    const velox = net.connect(Number(port), hostname)
    this.#relayed.set(client, velox)
    velox.on('close', () => this.#relayed.delete(client))
    for (const socket of [client, velox]) socket.on('error', () => socket.destroy())
    client.pipe(velox)
    velox.pipe(client)
  }
}
