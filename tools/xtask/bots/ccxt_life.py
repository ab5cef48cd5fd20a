"""The life of orders and positions through ccxt, and the streams of ccxt pro.

Usage: ccxt_life.py API WS KEY SECRET
"""

import asyncio
import sys
import time
from contextlib import suppress

import ccxt
import ccxt.pro

API, WS, KEY, SECRET = sys.argv[1:5]
SYMBOL = "BTC/USDT:USDT"
CONFIG = {
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
                "future": f"{WS}/ws",
                "linear": f"{WS}/ws",
                "public": {"future": f"{WS}/public/ws", "linear": f"{WS}/public/ws"},
                "market": {"future": f"{WS}/market/ws", "linear": f"{WS}/market/ws"},
                "private": {"future": f"{WS}/private/ws", "linear": f"{WS}/private/ws"},
            },
        }
    },
}


def check(what, is_so):
    if not is_so:
        sys.exit(f"ccxt: {what}")


def refused(error, call):
    try:
        call()
    except error:
        return
    check(f"expected {error.__name__}", False)


def eventually(what, condition):
    deadline = time.monotonic() + 60
    while not condition():
        check(f"not within 60 s: {what}", time.monotonic() < deadline)
        time.sleep(0.05)


def life():
    exchange = ccxt.binanceusdm(CONFIG)
    markets = exchange.load_markets()
    check("BTC is a linear swap", markets[SYMBOL]["linear"] and markets[SYMBOL]["swap"])
    ticker = exchange.fetch_ticker(SYMBOL)
    price = ticker["last"]
    check("the book has one level", len(exchange.fetch_order_book(SYMBOL, 5)["bids"]) == 1)
    check("there are candles", len(exchange.fetch_ohlcv(SYMBOL, "1m", limit=5)) > 0)
    check("there are trades", len(exchange.fetch_trades(SYMBOL, limit=5)) > 0)
    check("all have tickers", len(exchange.fetch_tickers([SYMBOL])) == 1)
    exchange.fetch_bids_asks([SYMBOL])
    exchange.fetch_funding_rate(SYMBOL)
    exchange.fetch_funding_rate_history(SYMBOL)
    exchange.fetch_funding_rates([SYMBOL])
    exchange.fetch_open_interest(SYMBOL)
    exchange.fetch_time()

    balance = exchange.fetch_balance()
    check("it begins with 1000", balance["USDT"]["total"] == 1000)
    exchange.set_leverage(10, SYMBOL)
    with suppress(ccxt.MarginModeAlreadySet):
        exchange.set_margin_mode("isolated", SYMBOL)
    check("the leverage is set", exchange.fetch_leverage(SYMBOL)["longLeverage"] == 10)
    check("it is one-way", exchange.fetch_position_mode(SYMBOL)["hedged"] is False)
    exchange.fetch_trading_fee(SYMBOL)
    exchange.fetch_leverage_tiers([SYMBOL])

    bought = exchange.create_order(SYMBOL, "market", "buy", 0.01)
    check("the order is filled", bought["status"] == "closed" and bought["average"] > 0)
    position = exchange.fetch_positions([SYMBOL])[0]
    check("there is a long", position["side"] == "long" and position["contracts"] == 0.01)
    check("it is isolated", position["marginMode"] == "isolated")
    check("it has a liquidation price", 0 < position["liquidationPrice"] < price)
    exchange.fetch_positions_risk([SYMBOL])

    low, high = price * 0.8, price * 1.2
    limit = exchange.create_order(SYMBOL, "limit", "buy", 0.01, low)
    check("it rests", exchange.fetch_order(limit["id"], SYMBOL)["status"] == "open")
    amended = exchange.edit_order(limit["id"], SYMBOL, "limit", "buy", 0.02, low * 0.99)
    check("it is changed", amended["amount"] == 0.02)
    check("it is listed", [o["id"] for o in exchange.fetch_open_orders(SYMBOL)] == [limit["id"]])
    check("it is canceled", exchange.cancel_order(limit["id"], SYMBOL)["status"] == "canceled")
    refused(ccxt.OrderNotFound, lambda: exchange.cancel_order(limit["id"], SYMBOL))
    refused(ccxt.OrderNotFound, lambda: exchange.fetch_order("999999999", SYMBOL))
    refused(ccxt.InsufficientFunds, lambda: exchange.create_order(SYMBOL, "market", "buy", 50))
    refused(ccxt.BadSymbol, lambda: exchange.fapiPublicGetDepth({"symbol": "NOPE"}))

    sell = {"reduceOnly": True}
    stop = exchange.create_order(
        SYMBOL, "market", "sell", 0.01, params={**sell, "stopLossPrice": low}
    )
    gain = exchange.create_order(
        SYMBOL, "market", "sell", 0.01, params={**sell, "takeProfitPrice": high}
    )
    trail = exchange.create_order(
        SYMBOL, "market", "sell", 0.01, params={**sell, "trailingPercent": 5}
    )
    waiting = exchange.fetch_open_orders(SYMBOL, params={"trigger": True})
    check("three wait", {o["id"] for o in waiting} == {stop["id"], gain["id"], trail["id"]})
    found = exchange.fetch_order(stop["id"], SYMBOL, params={"trigger": True})
    check("a stop is found", found["status"] == "open")
    exchange.cancel_order(stop["id"], SYMBOL, params={"trigger": True})
    refused(
        ccxt.ExchangeError,
        lambda: exchange.create_order(
            SYMBOL, "market", "sell", 0.01, params={**sell, "stopLossPrice": high}
        ),
    )
    exchange.create_order(SYMBOL, "limit", "buy", 0.01, low)
    exchange.cancel_all_orders(SYMBOL)
    exchange.cancel_all_orders(SYMBOL, params={"trigger": True})
    check("nothing rests", exchange.fetch_open_orders(SYMBOL) == [])

    several = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": low}
        for _ in range(2)
    ]
    ids = [order["id"] for order in exchange.create_orders(several)]
    exchange.cancel_orders(ids, SYMBOL)

    exchange.create_order(SYMBOL, "market", "sell", 0.01, params=sell)
    check("it is flat", exchange.fetch_positions([SYMBOL]) == [])
    eventually("the trades are there", lambda: len(exchange.fetch_my_trades(SYMBOL)) == 2)
    check("they are in orders", len(exchange.fetch_orders(SYMBOL)) >= 4)
    check("closed ones too", len(exchange.fetch_closed_orders(SYMBOL)) >= 2)
    kinds = {line["type"] for line in exchange.fetch_ledger("USDT")}
    check("the statement has lines", len(kinds) > 0)
    exchange.fetch_funding_history(SYMBOL)
    exchange.fetch_position_mode(SYMBOL)
    exchange.set_position_mode(True, SYMBOL)
    exchange.set_position_mode(False, SYMBOL)


async def streams():
    exchange = ccxt.pro.binanceusdm(CONFIG)
    try:
        await exchange.load_markets()
        for watch in [
            exchange.watch_ticker(SYMBOL),
            exchange.watch_trades(SYMBOL),
            exchange.watch_order_book(SYMBOL),
            exchange.watch_ohlcv(SYMBOL, "1m"),
            exchange.watch_mark_price(SYMBOL),
            exchange.watch_bids_asks([SYMBOL]),
        ]:
            await asyncio.wait_for(watch, 60)
        orders = asyncio.create_task(exchange.watch_orders(SYMBOL))
        balance = asyncio.create_task(exchange.watch_balance())
        await asyncio.sleep(2)
        placed = await exchange.create_order(SYMBOL, "market", "buy", 0.01)
        seen = await asyncio.wait_for(orders, 60)
        check("the order is seen", any(order["id"] == placed["id"] for order in seen))
        await asyncio.wait_for(balance, 60)
        positions = asyncio.create_task(exchange.watch_positions([SYMBOL]))
        await asyncio.sleep(1)
        await exchange.create_order(SYMBOL, "market", "sell", 0.01, params={"reduceOnly": True})
        await asyncio.wait_for(positions, 60)
    finally:
        await exchange.close()


life()
if WS != "-":
    asyncio.run(streams())
print("ccxt: ok")
