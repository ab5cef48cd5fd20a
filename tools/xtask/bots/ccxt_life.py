"""The life of orders and positions through ccxt, and the streams of ccxt pro.

Usage: ccxt_life.py API WS KEY SECRET
"""

import asyncio
import sys
from contextlib import suppress

import ccxt
import ccxt.pro
from checks import check, eventually
from relay import Relay

API, WS, KEY, SECRET = sys.argv[1:5]
SYMBOL = "BTC/USDT:USDT"


def config(ws):
    return {
        "apiKey": KEY,
        "secret": SECRET,
        "options": {"fetchCurrencies": False},
        "urls": {
            "api": {
                "fapiPublic": f"{API}/fapi/v1",
                "fapiPublicV2": f"{API}/fapi/v2",
                "fapiPublicV3": f"{API}/fapi/v3",
                "fapiPrivate": f"{API}/fapi/v1",
                "fapiPrivateV2": f"{API}/fapi/v2",
                "fapiPrivateV3": f"{API}/fapi/v3",
                "fapiData": f"{API}/futures/data",
                "ws": {
                    "future": f"{ws}/ws",
                    "linear": f"{ws}/ws",
                    "public": {"future": f"{ws}/public/ws", "linear": f"{ws}/public/ws"},
                    "market": {"future": f"{ws}/market/ws", "linear": f"{ws}/market/ws"},
                    "private": {"future": f"{ws}/private/ws", "linear": f"{ws}/private/ws"},
                    "ws-api": {"linear": f"{API.replace('http', 'ws', 1)}/ws-fapi/v1"},
                },
            }
        },
    }


def refused(error, call):
    try:
        call()
    except error:
        return
    check(f"expected {error.__name__}", False)


def market(exchange):
    kind = exchange.markets[SYMBOL]
    check("BTC is a linear swap", kind["linear"] and kind["swap"])
    check("the book has one level", len(exchange.fetch_order_book(SYMBOL, 5)["bids"]) == 1)
    check("there are candles", len(exchange.fetch_ohlcv(SYMBOL, "1m", limit=5)) > 0)
    check("there are trades", len(exchange.fetch_trades(SYMBOL, limit=5)) > 0)
    check("all have tickers", len(exchange.fetch_tickers([SYMBOL])) == 1)
    exchange.fetch_ticker(SYMBOL)
    exchange.fetch_bids_asks([SYMBOL])
    exchange.fetch_funding_rate(SYMBOL)
    exchange.fetch_funding_rate_history(SYMBOL)
    exchange.fetch_funding_rates([SYMBOL])
    exchange.fetch_open_interest(SYMBOL)
    exchange.fetch_leverage_tiers([SYMBOL])
    exchange.fetch_time()
    refused(ccxt.BadSymbol, lambda: exchange.fapiPublicGetDepth({"symbol": "NOPE"}))


def account(exchange):
    check("it begins with 1000", exchange.fetch_balance()["USDT"]["total"] == 1000)
    exchange.set_leverage(10, SYMBOL)
    check("the leverage is set", exchange.fetch_leverage(SYMBOL)["longLeverage"] == 10)
    refused(ccxt.MarginModeAlreadySet, lambda: exchange.set_margin_mode("isolated", SYMBOL))
    exchange.set_position_mode(True, SYMBOL)
    exchange.set_position_mode(False, SYMBOL)
    check("it is one-way", exchange.fetch_position_mode(SYMBOL)["hedged"] is False)
    exchange.fetch_trading_fee(SYMBOL)


def limit_orders(exchange, low):
    number = exchange.create_order(SYMBOL, "limit", "buy", 0.01, low)["id"]
    check("it rests", exchange.fetch_order(number, SYMBOL)["status"] == "open")
    amended = exchange.edit_order(number, SYMBOL, "limit", "buy", 0.02, low * 0.99)
    check("it is changed", (amended["id"], amended["amount"]) == (number, 0.02))
    listed = [(order["id"], order["amount"]) for order in exchange.fetch_open_orders(SYMBOL)]
    check("it is listed", listed == [(number, 0.02)])
    check("it is canceled", exchange.cancel_order(number, SYMBOL)["status"] == "canceled")
    refused(ccxt.OrderNotFound, lambda: exchange.cancel_order(number, SYMBOL))
    refused(ccxt.OrderNotFound, lambda: exchange.fetch_order("999999999", SYMBOL))
    refused(ccxt.InsufficientFunds, lambda: exchange.create_order(SYMBOL, "market", "buy", 50))
    several = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low}
        for _ in range(2)
    ]
    exchange.cancel_orders([order["id"] for order in exchange.create_orders(several)], SYMBOL)


def stops(exchange, low, high):
    def place(terms):
        params = {"reduceOnly": True, **terms}
        return exchange.create_order(SYMBOL, "market", "sell", 0.01, params=params)["id"]

    trigger = {"trigger": True}
    stop = place({"stopLossPrice": low})
    others = {place({"takeProfitPrice": high}), place({"trailingPercent": 5})}
    waiting = exchange.fetch_open_orders(SYMBOL, params=trigger)
    check("three wait", {order["id"] for order in waiting} == {stop} | others)
    check("one is found", exchange.fetch_order(stop, SYMBOL, params=trigger)["status"] == "open")
    exchange.cancel_order(stop, SYMBOL, params=trigger)
    refused(ccxt.ExchangeError, lambda: place({"stopLossPrice": high}))
    exchange.create_order(SYMBOL, "limit", "buy", 0.01, low)
    exchange.cancel_all_orders(SYMBOL)
    check("no order rests", exchange.fetch_open_orders(SYMBOL) == [])
    exchange.cancel_all_orders(SYMBOL, params=trigger)
    check("no stop waits", exchange.fetch_open_orders(SYMBOL, params=trigger) == [])


def life():
    exchange = ccxt.binanceusdm(config(WS))
    exchange.load_markets()
    market(exchange)
    account(exchange)
    bought = exchange.create_order(SYMBOL, "market", "buy", 0.01)
    check("the order is filled", bought["status"] == "closed" and bought["average"] > 0)
    position = exchange.fetch_positions([SYMBOL])[0]
    check("there is a long", position["side"] == "long" and position["contracts"] == 0.01)
    check("it is isolated", position["marginMode"] == "isolated")
    risk = exchange.fetch_positions_risk([SYMBOL])[0]
    check("it has a risk", 0 < risk["liquidationPrice"] < bought["average"])
    low, high = bought["average"] * 0.8, bought["average"] * 1.2
    limit_orders(exchange, low)
    stops(exchange, low, high)
    sold = exchange.create_order(SYMBOL, "market", "sell", 0.01, params={"reduceOnly": True})
    check("it is flat", exchange.fetch_positions([SYMBOL]) == [])
    placed = [bought["id"], sold["id"]]
    eventually(
        "their fills are there",
        lambda: [fill["order"] for fill in exchange.fetch_my_trades(SYMBOL)] == placed,
    )
    check("orders are listed", len(exchange.fetch_orders(SYMBOL)) >= 4)
    check("closed ones too", len(exchange.fetch_closed_orders(SYMBOL)) >= 2)
    check("there is income", len(exchange.fetch_ledger("USDT")) > 0)
    exchange.fetch_funding_history(SYMBOL)


async def market_streams(exchange):
    for watch in [
        exchange.watch_ticker(SYMBOL),
        exchange.watch_trades(SYMBOL),
        exchange.watch_order_book(SYMBOL),
        exchange.watch_ohlcv(SYMBOL, "1m"),
        exchange.watch_mark_price(SYMBOL),
        exchange.watch_bids_asks([SYMBOL]),
    ]:
        await asyncio.wait_for(watch, 60)


async def socket_orders(exchange):
    """Places, changes and cancels an order over the WebSocket API."""
    low = (await exchange.fetch_ticker(SYMBOL))["last"] * 0.8
    number = (await exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, low))["id"]
    changed = await exchange.edit_order_ws(number, SYMBOL, "limit", "buy", 0.02, low * 0.99)
    check("it is changed over the socket", (changed["id"], changed["amount"]) == (number, 0.02))
    found = await exchange.fetch_order_ws(number, SYMBOL)
    check("it is found over the socket", found["status"] == "open")
    canceled = await exchange.cancel_order_ws(number, SYMBOL)
    check("it is canceled over the socket", canceled["id"] == number)
    try:
        await exchange.cancel_order_ws(number, SYMBOL)
    except ccxt.OrderNotFound:
        return
    check("a second cancellation is refused", False)


async def watch(call, seen):
    """Watches as bots do: again after an interruption."""
    while True:
        with suppress(ccxt.NetworkError):
            seen.extend(await call())


async def user_stream(exchange, relay):
    """Trades before, in and after an interruption of the user stream."""
    fills, orders, positions, balances = [], [], [], []

    async def watch_balance():
        return [await exchange.watch_balance()]

    watching = [
        asyncio.create_task(watch(call, seen))
        for call, seen in [
            (lambda: exchange.watch_my_trades(SYMBOL), fills),
            (lambda: exchange.watch_orders(SYMBOL), orders),
            (lambda: exchange.watch_positions([SYMBOL]), positions),
            (watch_balance, balances),
        ]
    ]
    placed = []

    async def trade(side):
        placed.append((await exchange.create_order(SYMBOL, "market", side, 0.01))["id"])

    def is_open():
        clients = list(exchange.clients.values())
        return any("listenKey" in one.url and one.connectionEstablished for one in clients)

    def seen(what, condition):
        return asyncio.to_thread(eventually, what, condition)

    await seen("the user stream is open", is_open)
    await trade("buy")
    await seen("the first fill", lambda: len(fills) >= 1)
    await asyncio.to_thread(relay.cut)
    await trade("sell")
    relay.mend()
    await seen("the fill in the interruption", lambda: len(fills) >= 2)
    await trade("buy")
    await trade("sell")
    await seen("all fills", lambda: len(fills) >= 4)
    filled = [fill["order"] for fill in fills]
    check(f"each fills once: {filled}, placed {placed}", filled == placed)
    closed = {order["id"] for order in orders if order["status"] == "closed"}
    check("the orders are seen", closed == set(placed))
    await seen("it is flat", lambda: positions and positions[-1]["contracts"] == 0)
    check("the balance is seen", balances[-1]["USDT"]["total"] > 0)
    for task in watching:
        task.cancel()


async def streams():
    relay = Relay(WS)
    exchange = ccxt.pro.binanceusdm(config(relay.url))
    try:
        await exchange.load_markets()
        await market_streams(exchange)
        await socket_orders(exchange)
        await user_stream(exchange, relay)
    finally:
        await exchange.close()


life()
asyncio.run(streams())
print("ccxt: ok")
