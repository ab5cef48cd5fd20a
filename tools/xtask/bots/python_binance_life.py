"""The life of orders and positions through python-binance.

Usage: python_binance_life.py API WS KEY SECRET
"""

import asyncio
import sys
import time

from binance import AsyncClient, BinanceSocketManager, Client
from binance.exceptions import BinanceAPIException

API, WS, KEY, SECRET = sys.argv[1:5]
for client in (Client, AsyncClient):
    client.FUTURES_URL = f"{API}/fapi"
    client.FUTURES_DATA_URL = f"{API}/futures/data"
BinanceSocketManager.FSTREAM_URL = f"{WS}/"
SYMBOL = "BTCUSDT"


def check(what, is_so):
    if not is_so:
        sys.exit(f"python-binance: {what}")


def refused(code, call):
    try:
        call()
    except BinanceAPIException as error:
        check(f"{error.code} is not {code}", error.code == code)
        return
    check(f"expected {code}", False)


def life():
    client = Client(KEY, SECRET, ping=False)
    check("there are symbols", len(client.futures_exchange_info()["symbols"]) > 0)
    price = float(client.futures_symbol_ticker(symbol=SYMBOL)["price"])
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
    balance = client.futures_account_balance()[0]
    check("there is money", float(balance["balance"]) > 900)
    client.futures_account()
    client.futures_change_leverage(symbol=SYMBOL, leverage=10)
    refused(-4046, lambda: client.futures_change_margin_type(symbol=SYMBOL, marginType="ISOLATED"))
    client.futures_get_position_mode()
    client.futures_leverage_bracket(symbol=SYMBOL)
    client.futures_commission_rate(symbol=SYMBOL)
    order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": 0.01}
    client.futures_create_test_order(**order)
    bought = client.futures_create_order(**order, newOrderRespType="RESULT")
    check("it is filled", bought["status"] == "FILLED")
    risk = client.futures_position_information(symbol=SYMBOL)[0]
    check("there is a position", float(risk["positionAmt"]) == 0.01)
    tick = 10
    low = round(price * 0.8 / tick) * tick
    high = round(price * 1.2 / tick) * tick
    limit = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": 0.01,
        "price": low,
    }
    resting = client.futures_create_order(**limit)
    check("it is found", client.futures_get_order(symbol=SYMBOL, orderId=resting["orderId"]))
    client.futures_modify_order(
        symbol=SYMBOL, side="BUY", orderId=resting["orderId"], quantity=0.02, price=low - tick
    )
    check("it rests", len(client.futures_get_open_orders(symbol=SYMBOL)) == 1)
    client.futures_cancel_order(symbol=SYMBOL, orderId=resting["orderId"])
    refused(-2013, lambda: client.futures_get_order(symbol=SYMBOL, orderId=99999999))
    refused(
        -2011, lambda: client.futures_cancel_order(symbol=SYMBOL, orderId=resting["orderId"])
    )
    for kind, trigger in (("STOP_MARKET", low), ("TAKE_PROFIT_MARKET", high)):
        stop = client.futures_create_order(
            symbol=SYMBOL,
            side="SELL",
            type=kind,
            quantity=0.01,
            triggerPrice=trigger,
            reduceOnly=True,
        )
        check("it is an algo order", stop["algoStatus"] == "NEW")
    client.futures_create_order(
        symbol=SYMBOL,
        side="SELL",
        type="TRAILING_STOP_MARKET",
        quantity=0.01,
        callbackRate=5,
        reduceOnly=True,
    )
    waiting = client.futures_get_open_algo_orders(symbol=SYMBOL)
    check("three wait", len(waiting) == 3)
    client.futures_cancel_algo_order(symbol=SYMBOL, algoId=waiting[0]["algoId"])
    client.futures_cancel_all_algo_open_orders(symbol=SYMBOL)
    batch = [{**limit, "quantity": "0.01", "price": str(low)} for _ in range(2)]
    placed = client.futures_place_batch_order(batchOrders=batch)
    ids = [order["orderId"] for order in placed]
    client.futures_cancel_orders(symbol=SYMBOL, orderIdList=ids)
    client.futures_create_order(**limit)
    client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=60000)
    client.futures_countdown_cancel_all(symbol=SYMBOL, countdownTime=0)
    client.futures_cancel_all_open_orders(symbol=SYMBOL)
    client.futures_create_order(
        symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduceOnly=True
    )
    deadline = time.monotonic() + 60
    while len(client.futures_account_trades(symbol=SYMBOL)) < 2:
        check("the trades are not there", time.monotonic() < deadline)
        time.sleep(0.05)
    check("orders are listed", len(client.futures_get_all_orders(symbol=SYMBOL)) > 0)
    check("lines are listed", len(client.futures_income_history()) > 0)


async def streams():
    client = AsyncClient(KEY, SECRET)
    try:
        manager = BinanceSocketManager(client)
        for socket in (
            manager.futures_multiplex_socket(["btcusdt@aggTrade", "btcusdt@bookTicker"]),
            manager.symbol_mark_price_socket(SYMBOL),
            manager.kline_futures_socket(SYMBOL),
        ):
            async with socket as stream:
                await asyncio.wait_for(stream.recv(), 60)
        for _ in range(2):
            # A second connection, as after an interruption.
            async with manager.futures_user_socket() as stream:
                order = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}
                await client.futures_create_order(**order, side="BUY")
                seen = set()
                while not {"ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"} <= seen:
                    event = await asyncio.wait_for(stream.recv(), 60)
                    seen.add(event["e"])
            await client.futures_create_order(**order, side="SELL", reduceOnly=True)
    finally:
        await client.close_connection()


life()
if WS != "-":
    asyncio.run(streams())
print("python-binance: ok")
