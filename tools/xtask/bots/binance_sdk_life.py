"""The life of orders and positions through Binance's own SDK.

Usage: binance_sdk_life.py API WS KEY SECRET
"""

import asyncio
import sys

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from checks import check, eventually
from relay import Relay

API, WS, KEY, SECRET = sys.argv[1:5]
SYMBOL = "BTCUSDT"


def refused(code, call):
    try:
        call()
    except Exception as error:  # The SDK has an exception class for each status.
        check(f"{error} is not {code}", str(code) in str(error) or error.error_code == code)
        return
    check(f"expected {code}", False)


def market(rest):
    check("there are symbols", len(rest.exchange_information().data().symbols) > 0)
    rest.check_server_time()
    rest.order_book(symbol=SYMBOL)
    rest.recent_trades_list(symbol=SYMBOL)
    rest.compressed_aggregate_trades_list(symbol=SYMBOL)
    rest.kline_candlestick_data(symbol=SYMBOL, interval="1m")
    rest.mark_price(symbol=SYMBOL)
    rest.open_interest(symbol=SYMBOL)
    rest.symbol_price_ticker_v2(symbol=SYMBOL)
    return float(rest.symbol_price_ticker(symbol=SYMBOL).data().actual_instance.price)


def account(rest):
    balance = rest.futures_account_balance_v3().data()[0]
    check("there is money", float(balance.balance) > 900)
    rest.account_information_v3()
    rest.futures_account_configuration()
    rest.symbol_configuration(symbol=SYMBOL)
    rest.query_user_rate_limit()
    check("the leverage", rest.change_initial_leverage(SYMBOL, 10).data().leverage == 10)
    refused(-4046, lambda: rest.change_margin_type(SYMBOL, "ISOLATED"))


def limit_orders(rest, low):
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": 0.01, "price": low}
    number = rest.new_order(**limit, time_in_force="GTC").data().order_id
    check("it rests", rest.query_order(symbol=SYMBOL, order_id=number).data().status == "NEW")
    rest.modify_order(
        symbol=SYMBOL, side="BUY", order_id=number, quantity=0.02, price=low - 10
    )
    amended = rest.query_order(symbol=SYMBOL, order_id=number).data()
    changed = float(amended.orig_qty), float(amended.price)
    check("it is changed", changed == (0.02, low - 10))
    check("it is listed", len(rest.current_all_open_orders(symbol=SYMBOL).data()) == 1)
    canceled = rest.cancel_order(symbol=SYMBOL, order_id=number).data()
    check("it is canceled", canceled.status == "CANCELED")
    refused(-2011, lambda: rest.cancel_order(symbol=SYMBOL, order_id=number))
    rest.new_order(**limit, time_in_force="GTC")
    rest.cancel_all_open_orders(symbol=SYMBOL)
    check("no order rests", rest.current_all_open_orders(symbol=SYMBOL).data() == [])


def stops(rest, low, high):
    for kind, terms in (
        ("STOP_MARKET", {"trigger_price": low}),
        ("TAKE_PROFIT_MARKET", {"trigger_price": high}),
        ("TRAILING_STOP_MARKET", {"callback_rate": 5}),
    ):
        rest.new_algo_order(
            algo_type="CONDITIONAL",
            symbol=SYMBOL,
            side="SELL",
            type=kind,
            quantity=0.01,
            reduce_only="true",
            **terms,
        )
    waiting = rest.current_all_algo_open_orders(symbol=SYMBOL).data()
    check("three wait", len(waiting) == 3)
    found = rest.query_algo_order(algo_id=waiting[0].algo_id).data()
    check("one is found", found.algo_status == "NEW")
    rest.cancel_algo_order(algo_id=waiting[0].algo_id)
    rest.cancel_all_algo_open_orders(symbol=SYMBOL)
    check("no stop waits", rest.current_all_algo_open_orders(symbol=SYMBOL).data() == [])


def life(rest):
    price = market(rest)
    account(rest)
    order = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}
    bought = rest.new_order(**order, side="BUY", new_order_resp_type="RESULT").data()
    check("it is filled", bought.status == "FILLED")
    position = rest.position_information_v3(symbol=SYMBOL).data()[0]
    check("there is a position", float(position.position_amt) == 0.01)
    check("it has a risk", 0 < float(position.liquidation_price) < price)
    low, high = round(price * 0.08) * 10, round(price * 0.12) * 10
    limit_orders(rest, low)
    stops(rest, low, high)
    sold = rest.new_order(**order, side="SELL", reduce_only="true").data()
    placed = [bought.order_id, sold.order_id]

    def fills():
        return [fill.order_id for fill in rest.account_trade_list(symbol=SYMBOL).data()]

    eventually("their fills are there", lambda: fills() == placed)
    check("orders are listed", len(rest.all_orders(symbol=SYMBOL).data()) >= 4)
    check("there is income", len(rest.get_income_history().data()) > 0)


async def market_stream(connection):
    seen = asyncio.Queue()
    stream = await connection.aggregate_trade_streams(symbol="btcusdt")
    stream.on("message", seen.put_nowait)
    await asyncio.wait_for(seen.get(), 60)


async def user_stream(client, rest, relay):
    """Trades before, in and after an interruption of the user stream.

    The SDK tells that a connection has ended, and leaves it to programs to open another.
    """
    key = rest.start_user_data_stream().data().listen_key
    fills, closed = asyncio.Queue(), asyncio.Event()

    def note(event):
        order = getattr(event.actual_instance, "o", None)
        if getattr(order, "x", None) == "TRADE":
            fills.put_nowait(order.i)

    async def listen():
        connection = await client.websocket_streams.create_connection()
        connection.on_connection("close", closed.set)
        user = await connection.user_data(key)
        user.on("message", note)
        return connection

    def trade(side):
        order = rest.new_order(symbol=SYMBOL, side=side, type="MARKET", quantity=0.01)
        return order.data().order_id

    async def next_fill():
        return await asyncio.wait_for(fills.get(), 60)

    await market_stream(await listen())
    placed = [trade("BUY")]
    filled = [await next_fill()]
    await asyncio.to_thread(relay.cut)
    await asyncio.wait_for(closed.wait(), 60)
    placed.append(trade("SELL"))
    relay.mend()
    connection = await listen()
    filled.append(await next_fill())
    placed += [trade("BUY"), trade("SELL")]
    filled += [await next_fill(), await next_fill()]
    check(f"each fills once: {filled}, placed {placed}", filled == placed)
    rest.keepalive_user_data_stream()
    rest.close_user_data_stream()
    await connection.close_connection(close_session=True)


async def streams(rest):
    relay = Relay(WS)
    client = DerivativesTradingUsdsFutures(
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=relay.url)
    )
    await user_stream(client, rest, relay)


rest_api = DerivativesTradingUsdsFutures(
    config_rest_api=ConfigurationRestAPI(api_key=KEY, api_secret=SECRET, base_path=API)
).rest_api
life(rest_api)
asyncio.run(streams(rest_api))
print("Binance SDK: ok")
