// The life of orders and positions through the npm package `binance`.
//
// Usage: node npm_binance_life.mjs API WS KEY SECRET

import { USDMClient, WebsocketClient } from 'binance'
import { check, eventually } from './checks.mjs'
import { Relay } from './relay.mjs'

const [api, ws, key, secret] = process.argv.slice(2)
const symbol = 'BTCUSDT'

async function refused(code, call) {
  try {
    await call()
  } catch (error) {
    check(`${JSON.stringify(error.body ?? error)} is not ${code}`, error.code === code)
    return
  }
  check(`expected ${code}`, false)
}

const client = new USDMClient({ api_key: key, api_secret: secret, baseUrl: api })

async function market() {
  check('there are symbols', (await client.getExchangeInfo()).symbols.length > 0)
  await client.getServerTime()
  await client.getOrderBook({ symbol })
  await client.getRecentTrades({ symbol })
  await client.getAggregateTrades({ symbol })
  check('there are candles', (await client.getKlines({ symbol, interval: '1m' })).length > 0)
  await client.getMarkPrice({ symbol })
  await client.getFundingRateHistory({ symbol })
  await client.get24hrChangeStatistics({ symbol })
  await client.getSymbolOrderBookTicker({ symbol })
  await client.getOpenInterest({ symbol })
  return Number((await client.getSymbolPriceTicker({ symbol })).price)
}

async function account() {
  check('there is money', Number((await client.getBalanceV3())[0].balance) > 900)
  await client.getAccountInformation()
  await client.getAccountInformationV3()
  await client.getPositions()
  check('the leverage', (await client.setLeverage({ symbol, leverage: 10 })).leverage === 10)
  await refused(-4046, () => client.setMarginType({ symbol, marginType: 'ISOLATED' }))
  await client.getCurrentPositionMode()
  await client.getNotionalAndLeverageBrackets({ symbol })
}

async function limitOrders(low) {
  const limit = {
    symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: low,
  }
  const { orderId } = await client.submitNewOrder(limit)
  check('it rests', (await client.getOrder({ symbol, orderId })).status === 'NEW')
  await client.modifyOrder({ symbol, side: 'BUY', orderId, quantity: 0.02, price: low - 10 })
  const amended = await client.getCurrentOpenOrder({ symbol, orderId })
  const isChanged = Number(amended.origQty) === 0.02 && Number(amended.price) === low - 10
  check('it is changed', isChanged)
  check('it is listed', (await client.getAllOpenOrders({ symbol })).length === 1)
  check('it is canceled', (await client.cancelOrder({ symbol, orderId })).status === 'CANCELED')
  await refused(-2011, () => client.cancelOrder({ symbol, orderId }))
  await refused(-2013, () => client.getOrder({ symbol, orderId: 99_999_999 }))
  const batch = ['one', 'two'].map((name) => ({
    ...limit, quantity: '0.01', price: String(low), newClientOrderId: `batch-${name}`,
  }))
  const placed = await client.submitMultipleOrders(batch)
  const orderIdList = placed.map((one) => one.orderId)
  await client.cancelMultipleOrders({ symbol, orderIdList })
  await client.setCancelOrdersOnTimeout({ symbol, countdownTime: 60_000 })
  await client.setCancelOrdersOnTimeout({ symbol, countdownTime: 0 })
  await client.submitNewOrder(limit)
  await client.cancelAllOpenOrders({ symbol })
  check('no order rests', (await client.getAllOpenOrders({ symbol })).length === 0)
}

async function stops(low, high) {
  for (const [type, terms] of [
    ['STOP_MARKET', { triggerPrice: String(low) }],
    ['TAKE_PROFIT_MARKET', { triggerPrice: String(high) }],
    ['TRAILING_STOP_MARKET', { callbackRate: '5' }],
  ]) {
    await client.submitNewAlgoOrder({
      algoType: 'CONDITIONAL', symbol, side: 'SELL', type, quantity: '0.01', reduceOnly: 'true',
      ...terms,
    })
  }
  const waiting = await client.getOpenAlgoOrders({ symbol })
  check('three wait', waiting.length === 3)
  const { algoId } = waiting[0]
  check('one is found', (await client.getAlgoOrder({ algoId })).algoStatus === 'NEW')
  await client.cancelAlgoOrder({ algoId })
  await client.cancelAllAlgoOpenOrders({ symbol })
  check('no stop waits', (await client.getOpenAlgoOrders({ symbol })).length === 0)
}

async function life() {
  const price = await market()
  await account()
  const order = { symbol, type: 'MARKET', quantity: 0.01 }
  await client.testOrder({ ...order, side: 'BUY' })
  const bought = await client.submitNewOrder({ ...order, side: 'BUY', newOrderRespType: 'RESULT' })
  check('it is filled', bought.status === 'FILLED')
  const [position] = await client.getPositionsV3({ symbol })
  check('there is a position', Number(position.positionAmt) === 0.01)
  const liquidation = Number(position.liquidationPrice)
  check('it has a risk', liquidation > 0 && liquidation < price)
  const [low, high] = [Math.round(price * 0.08) * 10, Math.round(price * 0.12) * 10]
  await limitOrders(low)
  await stops(low, high)
  const sold = await client.submitNewOrder({ ...order, side: 'SELL', reduceOnly: 'true' })
  await eventually('their fills are there', async () => {
    const fills = await client.getAccountTrades({ symbol })
    return fills.map((fill) => fill.orderId).join() === `${bought.orderId},${sold.orderId}`
  })
  check('orders are listed', (await client.getAllOrders({ symbol })).length >= 4)
  check('there is income', (await client.getIncomeHistory()).length > 0)
}

// Trades before, in and after an interruption of the user stream.
async function streams() {
  const relay = await Relay.before(ws)
  const settings = { api_key: key, api_secret: secret, restOptions: { baseUrl: api } }
  const quiet = { trace() {}, info() {}, error: console.error }
  const socket = new WebsocketClient({ ...settings, wsUrl: relay.url, beautify: false }, quiet)
  const kinds = new Set()
  const filled = []
  socket.on('message', (message) => {
    const event = message.data ?? message
    kinds.add(event.e)
    if (event.e === 'ORDER_TRADE_UPDATE' && event.o.x === 'TRADE') filled.push(event.o.i)
  })
  // The interruption is one.
  socket.on('exception', () => {})
  await socket.subscribe(['btcusdt@aggTrade', 'btcusdt@bookTicker'], 'usdmMarket')
  await eventually('trades stream', () => kinds.has('aggTrade'))
  await socket.subscribeUsdFuturesUserDataStream()
  const placed = []
  const trade = async (side) => {
    const order = { symbol, side, type: 'MARKET', quantity: 0.01 }
    placed.push((await client.submitNewOrder(order)).orderId)
  }
  await trade('BUY')
  await eventually('the first fill', () => filled.length >= 1)
  await relay.cut()
  await trade('SELL')
  relay.mend()
  await eventually('the fill in the interruption', () => filled.length >= 2)
  await trade('BUY')
  await trade('SELL')
  await eventually('all fills', () => filled.length >= 4)
  check(`each fills once: ${filled}, placed ${placed}`, filled.join() === placed.join())
  check('the account is told', kinds.has('ACCOUNT_UPDATE'))
  socket.closeAll(true)
}

await life()
await streams()
console.log('npm binance: ok')
process.exit(0)
