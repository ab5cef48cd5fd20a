// The life of orders and positions through ccxt for JavaScript, and the streams of ccxt pro.
//
// Usage: node ccxt_life.mjs API WS KEY SECRET

import ccxt from 'ccxt'
import { check, eventually } from './checks.mjs'
import { Relay } from './relay.mjs'

const [api, ws, apiKey, secret] = process.argv.slice(2)
const symbol = 'BTC/USDT:USDT'
const reduceOnly = true
const trigger = true

async function connect(Exchange, wsUrl) {
  const streams = (kind) => ({ future: `${wsUrl}${kind}/ws`, linear: `${wsUrl}${kind}/ws` })
  const exchange = new Exchange({
    apiKey,
    secret,
    options: { fetchCurrencies: false },
    urls: {
      api: {
        fapiPublic: `${api}/fapi/v1`,
        fapiPublicV2: `${api}/fapi/v2`,
        fapiPublicV3: `${api}/fapi/v3`,
        fapiPrivate: `${api}/fapi/v1`,
        fapiPrivateV2: `${api}/fapi/v2`,
        fapiPrivateV3: `${api}/fapi/v3`,
        fapiData: `${api}/futures/data`,
        ws: {
          ...streams(''),
          public: streams('/public'),
          market: streams('/market'),
          private: streams('/private'),
        },
      },
    },
  })
  // Without TLS, ccxt wants the agent for plain sockets to be loaded first.
  await exchange.loadHttpProxyAgent()
  await exchange.loadMarkets()
  return exchange
}

async function refused(kind, call) {
  try {
    await call()
  } catch (error) {
    check(`${error} is not ${kind.name}`, error instanceof kind)
    return
  }
  check(`expected ${kind.name}`, false)
}

async function market(exchange) {
  const { linear, swap } = exchange.markets[symbol]
  check('BTC is a linear swap', linear && swap)
  check('the book has one level', (await exchange.fetchOrderBook(symbol, 5)).bids.length === 1)
  check('there are candles', (await exchange.fetchOHLCV(symbol, '1m', undefined, 5)).length > 0)
  check('there are trades', (await exchange.fetchTrades(symbol, undefined, 5)).length > 0)
  check('it has a ticker', symbol in (await exchange.fetchTickers([symbol])))
  check('it has a funding rate', (await exchange.fetchFundingRate(symbol)).symbol === symbol)
  await exchange.fetchFundingRateHistory(symbol)
  await exchange.fetchOpenInterest(symbol)
  await exchange.fetchLeverageTiers([symbol])
}

async function account(exchange) {
  check('it begins with 1000', (await exchange.fetchBalance()).USDT.total === 1000)
  await exchange.setLeverage(10, symbol)
  check('the leverage', (await exchange.fetchLeverage(symbol)).longLeverage === 10)
  await refused(ccxt.MarginModeAlreadySet, () => exchange.setMarginMode('isolated', symbol))
  await exchange.setPositionMode(true, symbol)
  await exchange.setPositionMode(false, symbol)
  check('it is one-way', (await exchange.fetchPositionMode(symbol)).hedged === false)
  await exchange.fetchTradingFee(symbol)
}

async function limitOrders(exchange, low) {
  const { id } = await exchange.createOrder(symbol, 'limit', 'buy', 0.01, low)
  check('it rests', (await exchange.fetchOrder(id, symbol)).status === 'open')
  const amended = await exchange.editOrder(id, symbol, 'limit', 'buy', 0.02, low * 0.99)
  check('it is changed', amended.id === id && amended.amount === 0.02)
  const [listed, ...others] = await exchange.fetchOpenOrders(symbol)
  check('it is listed', listed.id === id && listed.amount === 0.02 && others.length === 0)
  check('it is canceled', (await exchange.cancelOrder(id, symbol)).status === 'canceled')
  await refused(ccxt.OrderNotFound, () => exchange.cancelOrder(id, symbol))
  await refused(ccxt.OrderNotFound, () => exchange.fetchOrder('999999999', symbol))
  await refused(ccxt.InsufficientFunds, () => exchange.createOrder(symbol, 'market', 'buy', 50))
  const two = [1, 2].map(() => ({ symbol, type: 'limit', side: 'buy', amount: 0.01, price: low }))
  const ids = (await exchange.createOrders(two)).map((order) => order.id)
  await exchange.cancelOrders(ids, symbol)
}

async function stops(exchange, low, high) {
  const ids = []
  for (const kind of [
    { stopLossPrice: low }, { takeProfitPrice: high }, { trailingPercent: 5 },
  ]) {
    const params = { ...kind, reduceOnly }
    ids.push((await exchange.createOrder(symbol, 'market', 'sell', 0.01, undefined, params)).id)
  }
  const waiting = await exchange.fetchOpenOrders(symbol, undefined, undefined, { trigger })
  check('three wait', waiting.map((order) => order.id).sort().join() === ids.sort().join())
  check('one is found', (await exchange.fetchOrder(ids[0], symbol, { trigger })).status === 'open')
  await exchange.cancelOrder(ids[0], symbol, { trigger })
  await exchange.createOrder(symbol, 'limit', 'buy', 0.01, low)
  await exchange.cancelAllOrders(symbol)
  check('no order rests', (await exchange.fetchOpenOrders(symbol)).length === 0)
  await exchange.cancelAllOrders(symbol, { trigger })
  const left = await exchange.fetchOpenOrders(symbol, undefined, undefined, { trigger })
  check('no stop waits', left.length === 0)
}

async function life() {
  const exchange = await connect(ccxt.binanceusdm, ws)
  await market(exchange)
  await account(exchange)
  const bought = await exchange.createOrder(symbol, 'market', 'buy', 0.01)
  check('the order is filled', bought.status === 'closed' && bought.average > 0)
  const [position] = await exchange.fetchPositions([symbol])
  check('there is a long', position.side === 'long' && position.contracts === 0.01)
  const [risk] = await exchange.fetchPositionsRisk([symbol])
  check('it has a risk', risk.liquidationPrice > 0 && risk.liquidationPrice < bought.average)
  const [low, high] = [bought.average * 0.8, bought.average * 1.2]
  await limitOrders(exchange, low)
  await stops(exchange, low, high)
  const sold = await exchange.createOrder(
    symbol, 'market', 'sell', 0.01, undefined, { reduceOnly },
  )
  check('it is flat', (await exchange.fetchPositions([symbol])).length === 0)
  let fills
  await eventually('two fills', async () => {
    fills = await exchange.fetchMyTrades(symbol)
    return fills.length === 2
  })
  check('they are of the orders', fills[0].order === bought.id && fills[1].order === sold.id)
  check('orders are listed', (await exchange.fetchOrders(symbol)).length >= 4)
  check('closed ones too', (await exchange.fetchClosedOrders(symbol)).length >= 2)
  check('there is income', (await exchange.fetchLedger('USDT')).length > 0)
}

async function marketStreams(exchange) {
  await exchange.watchTicker(symbol)
  await exchange.watchTrades(symbol)
  await exchange.watchOrderBook(symbol)
  await exchange.watchOHLCV(symbol, '1m')
  await exchange.watchMarkPrice(symbol)
  await exchange.watchBidsAsks([symbol])
}

// Watches as bots do: again after an interruption.
async function watch(call, seen) {
  for (;;) {
    try {
      seen.push(...await call())
    } catch (error) {
      if (error instanceof ccxt.ExchangeClosedByUser) return
      check(error, error instanceof ccxt.NetworkError)
    }
  }
}

// Trades before, in and after an interruption of the user stream.
async function userStream(exchange, relay) {
  const [fills, orders, positions, balances] = [[], [], [], []]
  watch(() => exchange.watchMyTrades(symbol), fills)
  watch(() => exchange.watchOrders(symbol), orders)
  watch(() => exchange.watchPositions([symbol]), positions)
  watch(async () => [await exchange.watchBalance()], balances)
  const placed = []
  const trade = async (side) => {
    placed.push((await exchange.createOrder(symbol, 'market', side, 0.01)).id)
  }
  await eventually('the user stream is open', () => Object.values(exchange.clients).some(
    (client) => client.url.includes('listenKey') && client.isConnected,
  ))
  await trade('buy')
  await eventually('the first fill', () => fills.length >= 1)
  await relay.cut()
  await trade('sell')
  relay.mend()
  await eventually('the fill in the interruption', () => fills.length >= 2)
  await trade('buy')
  await trade('sell')
  await eventually('all fills', () => fills.length >= 4)
  const filled = fills.map((fill) => fill.order)
  check(`each fills once: ${filled}, placed ${placed}`, filled.join() === placed.join())
  const closed = orders.filter((order) => order.status === 'closed').map((order) => order.id)
  check('the orders are seen', placed.every((id) => closed.includes(id)))
  await eventually('it is flat', () => positions.at(-1)?.contracts === 0)
  check('the balance is seen', balances.at(-1).USDT.total > 0)
}

async function streams() {
  const relay = await Relay.before(ws)
  const exchange = await connect(ccxt.pro.binanceusdm, relay.url)
  await marketStreams(exchange)
  await userStream(exchange, relay)
  await exchange.close()
}

await life()
await streams()
console.log('ccxt for JavaScript: ok')
process.exit(0)
