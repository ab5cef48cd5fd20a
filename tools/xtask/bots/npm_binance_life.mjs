// The life of orders and positions through the npm package `binance`.
//
// Usage: node npm_binance_life.mjs API WS KEY SECRET

import { USDMClient, WebsocketClient } from 'binance'

const [api, ws, key, secret] = process.argv.slice(2)
const symbol = 'BTCUSDT'

function check(what, isSo) {
  if (isSo) return
  console.error(`npm binance: ${what}`)
  process.exit(1)
}

async function refused(code, call) {
  try {
    await call()
  } catch (error) {
    check(`${JSON.stringify(error.body ?? error)} is not ${code}`, error.code === code)
    return
  }
  check(`expected ${code}`, false)
}

async function eventually(what, condition) {
  const deadline = Date.now() + 60_000
  while (!(await condition())) {
    check(`not within 60 s: ${what}`, Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const client = new USDMClient({ api_key: key, api_secret: secret, baseUrl: api })

async function life() {
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
  const price = Number((await client.getSymbolPriceTicker({ symbol })).price)
  check('there is money', Number((await client.getBalanceV3())[0].balance) > 900)
  await client.getAccountInformation()
  await client.getAccountInformationV3()
  await client.getPositions()
  check('the leverage', (await client.setLeverage({ symbol, leverage: 10 })).leverage === 10)
  await refused(-4046, () => client.setMarginType({ symbol, marginType: 'ISOLATED' }))
  await client.getCurrentPositionMode()
  await client.getNotionalAndLeverageBrackets({ symbol })
  const order = { symbol, side: 'BUY', type: 'MARKET', quantity: 0.01 }
  await client.testOrder(order)
  const bought = await client.submitNewOrder({ ...order, newOrderRespType: 'RESULT' })
  check('it is filled', bought.status === 'FILLED')
  const [position] = await client.getPositionsV3({ symbol })
  check('there is a position', Number(position.positionAmt) === 0.01)
  const low = Math.round(price * 0.08) * 10
  const high = Math.round(price * 0.12) * 10
  const limit = {
    symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: low,
  }
  const { orderId } = await client.submitNewOrder(limit)
  check('it is found', (await client.getOrder({ symbol, orderId })).status === 'NEW')
  await client.modifyOrder({ symbol, side: 'BUY', orderId, quantity: 0.02, price: low - 10 })
  check('it rests', (await client.getAllOpenOrders({ symbol })).length === 1)
  await client.getCurrentOpenOrder({ symbol, orderId })
  await client.cancelOrder({ symbol, orderId })
  await refused(-2011, () => client.cancelOrder({ symbol, orderId }))
  await refused(-2013, () => client.getOrder({ symbol, orderId: 99_999_999 }))
  for (const [type, triggerPrice] of [['STOP_MARKET', low], ['TAKE_PROFIT_MARKET', high]]) {
    await client.submitNewAlgoOrder({
      algoType: 'CONDITIONAL', symbol, side: 'SELL', type, quantity: '0.01',
      triggerPrice: String(triggerPrice), reduceOnly: 'true',
    })
  }
  const waiting = await client.getOpenAlgoOrders({ symbol })
  check('two wait', waiting.length === 2)
  await client.cancelAlgoOrder({ algoId: waiting[0].algoId })
  await client.cancelAllAlgoOpenOrders({ symbol })
  const batch = ['one', 'two'].map((name) => ({
    ...limit, quantity: '0.01', price: String(low), newClientOrderId: `batch-${name}`,
  }))
  const placed = await client.submitMultipleOrders(batch)
  const orderIdList = placed.map((one) => one.orderId)
  await client.cancelMultipleOrders({ symbol, orderIdList })
  await client.setCancelOrdersOnTimeout({ symbol, countdownTime: 60_000 })
  await client.setCancelOrdersOnTimeout({ symbol, countdownTime: 0 })
  await client.cancelAllOpenOrders({ symbol })
  await client.submitNewOrder({ ...order, side: 'SELL', reduceOnly: 'true' })
  await eventually('the trades are there', async () => (
    (await client.getAccountTrades({ symbol })).length >= 2
  ))
  check('orders are listed', (await client.getAllOrders({ symbol })).length > 0)
  check('lines are listed', (await client.getIncomeHistory()).length > 0)
}

async function streams() {
  const socket = new WebsocketClient({
    api_key: key, api_secret: secret, wsUrl: ws, beautify: false, restOptions: { baseUrl: api },
  })
  const seen = []
  socket.on('message', (message) => seen.push((message.data ?? message).e))
  socket.on('exception', () => {})
  await socket.subscribe(['btcusdt@aggTrade', 'btcusdt@bookTicker'], 'usdmMarket')
  await eventually('trades stream', () => seen.includes('aggTrade'))
  await socket.subscribeUsdFuturesUserDataStream()
  await new Promise((done) => setTimeout(done, 2_000))
  const order = { symbol, type: 'MARKET', quantity: 0.01 }
  await client.submitNewOrder({ ...order, side: 'BUY' })
  await eventually('the fill streams', () => seen.includes('ORDER_TRADE_UPDATE'))
  await eventually('the account streams', () => seen.includes('ACCOUNT_UPDATE'))
  await client.submitNewOrder({ ...order, side: 'SELL', reduceOnly: 'true' })
  socket.closeAll(true)
}

await life()
if (ws !== '-') await streams()
console.log('npm binance: ok')
process.exit(0)
