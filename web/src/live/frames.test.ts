import { expect, it } from 'vitest'
import { exact } from '@/decimal'
import { parseCandles, parseFrame } from '@/live/frames'

it('reads every digit of a price', () => {
  const text =
    '{"type":"price_update","symbol":"BTCUSDT","data":{"bidPrice":90071992547.40993123,"askPrice":91010,"timestamp":1795539721042}}'
  expect(parseFrame(text)).toEqual({
    type: 'price_update',
    symbol: 'BTCUSDT',
    // More digits than a float can hold.
    bid: 9_007_199_254_740_993_123n,
    ask: exact('91010'),
    timestamp: 1_795_539_721_042,
    disputed: null,
  })
})

it.each([
  ['HELD', 'HELD'],
  ['PAUSED', 'PAUSED'],
  ['A NEW ONE', 'HELD'],
])('reads the dispute of a price: %s', (said, read) => {
  const data = `{"bidPrice":1,"askPrice":2,"timestamp":3,"disputed":"${said}"}`
  const text = `{"type":"price_update","symbol":"BTCUSDT","data":${data}}`
  expect(parseFrame(text)).toMatchObject({ type: 'price_update', disputed: read })
})

it('reads every digit of a mark price, and what is known of the next funding', () => {
  const text = (data: string) => `{"type":"mark_update","symbol":"BTCUSDT","data":{${data}}}`
  const known =
    '"markPrice":90071992547.40993123,"indexPrice":90958.12,"fundingRate":-0.000025,"nextFundingTime":1795564800000,"timestamp":1795539721000'
  expect(parseFrame(text(known))).toEqual({
    type: 'mark_update',
    symbol: 'BTCUSDT',
    price: 9_007_199_254_740_993_123n,
    fundingRate: exact('-0.000025'),
    nextFundingTime: 1_795_564_800_000,
    timestamp: 1_795_539_721_000,
  })
  expect(parseFrame(text('"markPrice":5'))).toMatchObject({
    price: exact('5'),
    fundingRate: null,
    nextFundingTime: null,
  })
  expect(parseFrame(text('"indexPrice":5'))).toBeNull()
})

it('reads a funded position like one that was modified', () => {
  const order = {
    orderId: 'a',
    asset: 'BTCUSDT',
    orderType: 'LONG',
    qtyInt: '1',
    marginInt: '1',
    executionPriceInt: '1',
    liquidationPriceInt: '1',
    fundingInt: '-5',
  }
  // The rate in `funding` is a text already.
  const funding = { amount: '-0.00000005', fundingRate: '0.0001' }
  const frame = { type: 'position_update', sequence: 3, event: 'FUNDING_SETTLED', order, funding }
  expect(parseFrame(JSON.stringify(frame))).toEqual({
    type: 'order_update',
    sequence: 3,
    event: 'ORDER_MODIFIED',
    order,
  })
})

it('reads a live candle', () => {
  const text =
    '{"type":"candle_update","symbol":"ETHUSDT","duration":"1m","data":{"time":60,"open":1.5,"high":2,"low":1,"close":1.25,"volume":0.00000001,"partial":true}}'
  expect(parseFrame(text)).toEqual({
    type: 'candle_update',
    symbol: 'ETHUSDT',
    duration: '1m',
    candle: {
      time: 60,
      open: exact('1.5'),
      high: exact('2'),
      low: exact('1'),
      close: exact('1.25'),
      volume: 1n,
    },
    partial: true,
  })
})

it('reads trades with all their digits', () => {
  const text =
    '{"type":"trade_update","symbol":"BTCUSDT","data":[{"id":7,"price":92000.00000001,"quantity":0.5,"time":60000},{"id":8,"price":91999,"quantity":12,"time":60001,"move":"DOWN"}]}'
  expect(parseFrame(text)).toEqual({
    type: 'trade_update',
    symbol: 'BTCUSDT',
    trades: [
      { id: 7, price: exact('92000.00000001'), quantity: exact('0.5'), time: 60_000, move: null },
      { id: 8, price: exact('91999'), quantity: exact('12'), time: 60_001, move: 'DOWN' },
    ],
  })
})

it('reads an order event and the balance after it', () => {
  const order = {
    orderId: 'a',
    asset: 'BTCUSDT',
    orderType: 'LONG',
    qtyInt: '1',
    marginInt: '1',
    executionPriceInt: '1',
    liquidationPriceInt: '1',
    closePriceInt: '1',
    finalPnLInt: '-1',
    shortfallInt: '0',
    closeReason: 'STOP_LOSS',
  }
  const closed = { type: 'order_update', sequence: 3, event: 'ORDER_CLOSED', order }
  expect(parseFrame(JSON.stringify(closed))).toEqual(closed)
  const account = { sequence: 3, balanceInt: '5', usedMarginInt: '0' }
  const balance = { type: 'balance_update', sequence: 3, data: account }
  expect(parseFrame(JSON.stringify(balance))).toEqual({
    type: 'balance_update',
    sequence: 3,
    account,
  })
})

it('reads the assets of a greeting, listed or not', () => {
  const text =
    '{"type":"connection","status":"public","assets":["BTCUSDT","NEWEUR","no symbol",1],"userId":null,"feed":"sim"}'
  expect(parseFrame(text)).toEqual({
    type: 'connection',
    feed: 'sim',
    userId: null,
    assets: ['BTCUSDT', 'NEWEUR'],
  })
  expect(parseFrame('{"type":"connection","feed":"sim"}')).toMatchObject({ assets: [] })
})

it('reads stored candles', () => {
  const text =
    '{"asset":"BTCUSDT","duration":"1m","startTime":60,"endTime":60,"candles":[{"time":60,"open":91180.55,"high":91184.83,"low":90952.74,"close":90963.59,"volume":9.64866229}],"count":1}'
  expect(parseCandles(text)).toEqual([
    {
      time: 60,
      open: exact('91180.55'),
      high: exact('91184.83'),
      low: exact('90952.74'),
      close: exact('90963.59'),
      volume: exact('9.64866229'),
    },
  ])
})

it.each([
  'no json',
  '[]',
  '{"type":"something_new"}',
  '{"type":"price_update","symbol":"btcusdt","data":{"bidPrice":1,"askPrice":1}}',
  '{"type":"price_update","symbol":"BTCUSDT","data":{"bidPrice":1}}',
  '{"type":"candle_update","symbol":"BTCUSDT","duration":"3m","data":{}}',
  '{"type":"trade_update","symbol":"BTCUSDT","data":{"id":1}}',
  '{"type":"trade_update","symbol":"BTCUSDT","data":[{"id":1,"price":"1"}]}',
  '{"type":"balance_update","sequence":2,"data":{"balanceInt":1}}',
  '{"type":"order_update","sequence":2,"event":"ORDER_OPENED","order":{"asset":"BTCUSDT"}}',
  '{"type":"order_update","sequence":2,"event":"ORDER_MELTED","order":{}}',
])('ignores %j', (text) => {
  expect(parseFrame(text)).toBeNull()
})

it('reads what happened to an order, and not an order that it does not understand', () => {
  const order = {
    orderId: 'a',
    asset: 'BTCUSDT',
    side: 'BUY',
    type: 'LIMIT',
    status: 'NEW',
    qtyInt: '1',
    reservedInt: '2',
  }
  const text = (event: string, part: object) =>
    JSON.stringify({ type: 'order_update', sequence: 7, event, order: { ...order, ...part } })
  expect(parseFrame(text('ORDER_ACCEPTED', {}))).toEqual({
    type: 'placed_update',
    sequence: 7,
    event: 'ORDER_ACCEPTED',
    order,
  })
  expect(parseFrame(text('ORDER_WHATEVER', {}))).toBeNull()
  expect(parseFrame(text('ORDER_FILLED', { side: 'BOTH' }))).toBeNull()
  expect(parseFrame(text('ORDER_FILLED', { qtyInt: 1 }))).toBeNull()
})

it('reads a fill, and ignores one without its amounts', () => {
  const fill = {
    positionId: 'a',
    asset: 'BTCUSDT',
    qtyInt: '1',
    priceInt: '2',
    realizedPnLInt: '-3',
  }
  const frame = (part: object) =>
    parseFrame(JSON.stringify({ type: 'fill', event: 'FILL', sequence: 4, ...part }))
  expect(frame({ fill })).toEqual({ type: 'fill', sequence: 4, fill })
  expect(frame({ fill: { ...fill, realizedPnLInt: undefined } })).toBeNull()
  expect(frame({})).toBeNull()
})
