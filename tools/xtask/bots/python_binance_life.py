"""The life of orders and positions through python-binance.

Usage: python_binance_life.py API WS KEY SECRET
"""

import asyncio
import sys

from binance import AsyncClient, BinanceSocketManager, Client
from binance.exceptions import BinanceAPIException
from checks import check, eventually
from relay import Relay

API, WS, KEY, SECRET = sys.argv[1:5]
AsyncClient.WS_FUTURES_URL = f"{API.replace('http', 'ws', 1)}/ws-fapi/v1"
for client in (Client, AsyncClient):
    client.FUTURES_URL = f"{API}/fapi"
    client.FUTURES_DATA_URL = f"{API}/futures/data"
SYMBOL = "BTCUSDT"


def refused(code, call):
    try:
        call()
    except BinanceAPIException as error:
        check(f"{error.code} is not {code}", error.code == code)
        return
    check(f"expected {code}", False)


def market(client):
    check("there are symbols", len(client.futures_exchange_info()["symbols"]) > 0)
    client.futures_orderbook_ticker(symbol=SYMBOL)
    client.futures_ticker(symbol=SYMBOL)
    client.futures_order_book(symbol=SYMBOL)
    client.futures_recent_trades(symbol=SYMBOL)
    client.futures_aggregate_trades(symbol=SYMBOL)
    client.futures_klines(symbol=SYMBOL, interval="1m")
    client.futures_continuous_klines(pair=SYMBOL, contractType="PERPETUAL", interval="1m")
    client.futures_mark_price(symbol=SYMBOL)
    client.futures_funding_rate(symbol=SYMBOL)
    client.futures_open_interest(symbol=SYMBOL)
    return float(client.futures_symbol_ticker(symbol=SYMBOL)["price"])


def account(client):
    balance = client.futures_account_balance()[0]
    check("there is money", float(balance["balance"]) > 900)
    client.futures_account()
    leverage = client.futures_change_leverage(symbol=SYMBOL, leverage=10)["leverage"]
    check("the leverage", leverage == 10)
    refused(-4046, lambda: client.futures_change_margin_type(symbol=SYMBOL, marginType="ISOLATED"))
    client.futures_get_position_mode()
    client.futures_leverage_bracket(symbol=SYMBOL)
    client.futures_commission_rate(symbol=SYMBOL)


def limit_orders(client, low):
    limit = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": 0.01,
        "price": low,
    }
    resting = {"symbol": SYMBOL, "orderId": client.futures_create_order(**limit)["orderId"]}
    check("it rests", client.futures_get_order(**resting)["status"] == "NEW")
    client.futures_modify_order(**resting, side="BUY", quantity=0.02, price=low - 10)
    amended = client.futures_get_order(**resting)
    changed = float(amended["origQty"]), float(amended["price"])
    check("it is changed", changed == (0.02, low - 10))
    check("it is listed", len(client.futures_get_open_orders(symbol=SYMBOL)) == 1)
    check("it is canceled", client.futures_cancel_order(**resting)["status"] == "CANCELED")
    refused(-2013, lambda: client.futures_get_order(symbol=SYMBOL, orderId=99999999))
    refused(-2011, lambda: client.futures_cancel_order(**resting))
    batch = [{**limit, "quantity": "0.01", "price": str(low)} for _ in range(2)]
    placed = client.futures_place_batch_order(batchOrders=batch)
    ids = [order["orderId"] for order in placed]
    client.futures_cancel_orders(symbol=SYMBOL, orderIdList=ids)
    client.futures_create_order(**limit)
    client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=60000)
    client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=0)
    client.futures_cancel_all_open_orders(symbol=SYMBOL)
    check("no order rests", client.futures_get_open_orders(symbol=SYMBOL) == [])


def stops(client, low, high):
    for kind, terms in (
        ("STOP_MARKET", {"triggerPrice": low}),
        ("TAKE_PROFIT_MARKET", {"triggerPrice": high}),
        ("TRAILING_STOP_MARKET", {"callbackRate": 5}),
    ):
        order = {"symbol": SYMBOL, "side": "SELL", "type": kind, "quantity": 0.01, **terms}
        stop = client.futures_create_order(**order, reduceOnly=True)
        check("it is an algo order", stop["algoStatus"] == "NEW")
    waiting = client.futures_get_open_algo_orders(symbol=SYMBOL)
    check("three wait", len(waiting) == 3)
    one = {"symbol": SYMBOL, "algoId": waiting[0]["algoId"]}
    check("one is found", client.futures_get_algo_order(**one)["algoStatus"] == "NEW")
    client.futures_cancel_algo_order(**one)
    client.futures_cancel_all_algo_open_orders(symbol=SYMBOL)
    check("no stop waits", client.futures_get_open_algo_orders(symbol=SYMBOL) == [])


def life():
    client = Client(KEY, SECRET, ping=False)
    price = market(client)
    account(client)
    order = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}
    client.futures_create_test_order(**order, side="BUY")
    bought = client.futures_create_order(**order, side="BUY", newOrderRespType="RESULT")
    check("it is filled", bought["status"] == "FILLED")
    risk = client.futures_position_information(symbol=SYMBOL)[0]
    check("there is a position", float(risk["positionAmt"]) == 0.01)
    check("it has a risk", 0 < float(risk["liquidationPrice"]) < price)
    low, high = round(price * 0.08) * 10, round(price * 0.12) * 10
    limit_orders(client, low)
    stops(client, low, high)
    sold = client.futures_create_order(**order, side="SELL", reduceOnly=True)
    placed = [bought["orderId"], sold["orderId"]]

    def fills():
        return [fill["orderId"] for fill in client.futures_account_trades(symbol=SYMBOL)]

    eventually("their fills are there", lambda: fills() == placed)
    check("orders are listed", len(client.futures_get_all_orders(symbol=SYMBOL)) >= 4)
    check("there is income", len(client.futures_income_history()) > 0)


async def market_streams(manager):
    for socket in (
        manager.futures_multiplex_socket(["btcusdt@aggTrade", "btcusdt@bookTicker"]),
        manager.symbol_mark_price_socket(SYMBOL),
        manager.kline_futures_socket(SYMBOL),
    ):
        async with socket as stream:
            await asyncio.wait_for(stream.recv(), 60)


async def socket_orders(client):
    """Trades and asks over the WebSocket API."""
    order = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}
    bought = await client.ws_futures_create_order(**order, side="BUY")
    found = await client.ws_futures_get_order(symbol=SYMBOL, orderId=bought["orderId"])
    check("it is filled over the socket", found["status"] == "FILLED")
    positions = await client.ws_futures_v2_account_position(symbol=SYMBOL)
    check("the position is told", float(positions[0]["positionAmt"]) == 0.01)
    await client.ws_futures_create_order(**order, side="SELL", reduceOnly="true")
    balance = await client.ws_futures_v2_account_balance()
    check("the balance is told", float(balance[0]["balance"]) > 900)
    await client.ws_futures_get_order_book_ticker(symbol=SYMBOL)


async def user_stream(client, manager, relay):
    """Trades before, in and after an interruption of the user stream."""
    kinds = set()

    async def trade(side):
        order = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}
        return (await client.futures_create_order(**order, side=side))["orderId"]

    async def next_fill(stream):
        while True:
            event = await asyncio.wait_for(stream.recv(), 60)
            kinds.add(event["e"])
            if event["e"] == "ORDER_TRADE_UPDATE" and event["o"]["x"] == "TRADE":
                return event["o"]["i"]

    async with manager.futures_user_socket() as stream:
        placed = [await trade("BUY")]
        filled = [await next_fill(stream)]
        await asyncio.to_thread(relay.cut)
        placed.append(await trade("SELL"))
        relay.mend()
        filled.append(await next_fill(stream))
        placed += [await trade("BUY"), await trade("SELL")]
        filled += [await next_fill(stream), await next_fill(stream)]
    check(f"each fills once: {filled}, placed {placed}", filled == placed)
    check("the client has reconnected", "error" in kinds)
    check("the account is told", "ACCOUNT_UPDATE" in kinds)


async def streams():
    relay = Relay(WS)
    BinanceSocketManager.FSTREAM_URL = f"{relay.url}/"
    client = AsyncClient(KEY, SECRET)
    try:
        manager = BinanceSocketManager(client)
        await market_streams(manager)
        await socket_orders(client)
        await user_stream(client, manager, relay)
    finally:
        await client.close_connection()


life()
asyncio.run(streams())
print("python-binance: ok")
