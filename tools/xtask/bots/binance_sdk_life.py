"""The life of orders and positions through Binance's own SDK.

Usage: binance_sdk_life.py API WS KEY SECRET
"""

import asyncio
import sys
import time

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)

API, WS, KEY, SECRET = sys.argv[1:5]
SYMBOL = "BTCUSDT"


def check(what, is_so):
    if not is_so:
        sys.exit(f"Binance SDK: {what}")


def refused(code, call):
    try:
        call()
    except Exception as error:  # The SDK has an exception class for each status.
        check(f"{error} is not {code}", str(code) in str(error) or error.error_code == code)
        return
    check(f"expected {code}", False)


def life():
    rest = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(api_key=KEY, api_secret=SECRET, base_path=API)
    ).rest_api
    check("there are symbols", len(rest.exchange_information().data().symbols) > 0)
    rest.check_server_time()
    rest.order_book(symbol=SYMBOL)
    rest.recent_trades_list(symbol=SYMBOL)
    rest.compressed_aggregate_trades_list(symbol=SYMBOL)
    rest.kline_candlestick_data(symbol=SYMBOL, interval="1m")
    rest.mark_price(symbol=SYMBOL)
    rest.open_interest(symbol=SYMBOL)
    rest.symbol_price_ticker_v2(symbol=SYMBOL)
    price = float(rest.symbol_price_ticker(symbol=SYMBOL).data().actual_instance.price)
    balance = rest.futures_account_balance_v3().data()[0]
    check("there is money", float(balance.balance) > 900)
    rest.account_information_v3()
    rest.futures_account_configuration()
    rest.symbol_configuration(symbol=SYMBOL)
    rest.query_user_rate_limit()
    check("the leverage", rest.change_initial_leverage(SYMBOL, 10).data().leverage == 10)
    refused(-4046, lambda: rest.change_margin_type(SYMBOL, "ISOLATED"))
    bought = rest.new_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01, new_order_resp_type="RESULT"
    ).data()
    check("it is filled", bought.status == "FILLED")
    position = rest.position_information_v3(symbol=SYMBOL).data()[0]
    check("there is a position", float(position.position_amt) == 0.01)
    low, high = round(price * 0.08) * 10, round(price * 0.12) * 10
    resting = rest.new_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.01, price=low
    ).data()
    number = resting.order_id
    check("it is found", rest.query_order(symbol=SYMBOL, order_id=number).data().status == "NEW")
    rest.modify_order(
        symbol=SYMBOL, side="BUY", order_id=number, quantity=0.02, price=low - 10
    )
    check("it rests", len(rest.current_all_open_orders(symbol=SYMBOL).data()) == 1)
    rest.cancel_order(symbol=SYMBOL, order_id=number)
    refused(-2011, lambda: rest.cancel_order(symbol=SYMBOL, order_id=number))
    for kind, trigger in (("STOP_MARKET", low), ("TAKE_PROFIT_MARKET", high)):
        rest.new_algo_order(
            algo_type="CONDITIONAL",
            symbol=SYMBOL,
            side="SELL",
            type=kind,
            quantity=0.01,
            trigger_price=trigger,
            reduce_only="true",
        )
    waiting = rest.current_all_algo_open_orders(symbol=SYMBOL).data()
    check("two wait", len(waiting) == 2)
    rest.query_algo_order(algo_id=waiting[0].algo_id)
    rest.cancel_algo_order(algo_id=waiting[0].algo_id)
    rest.cancel_all_algo_open_orders(symbol=SYMBOL)
    rest.cancel_all_open_orders(symbol=SYMBOL)
    rest.new_order(
        symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduce_only="true"
    )
    deadline = time.monotonic() + 60
    while len(rest.account_trade_list(symbol=SYMBOL).data()) < 2:
        check("the trades are not there", time.monotonic() < deadline)
        time.sleep(0.05)
    rest.all_orders(symbol=SYMBOL)
    check("lines are listed", len(rest.get_income_history().data()) > 0)
    return rest


async def streams(rest):
    client = DerivativesTradingUsdsFutures(
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=WS)
    )
    connection = await client.websocket_streams.create_connection()
    try:
        seen = asyncio.Queue()
        stream = await connection.aggregate_trade_streams(symbol="btcusdt")
        stream.on("message", lambda trade: seen.put_nowait(trade))
        await asyncio.wait_for(seen.get(), 60)
        key = rest.start_user_data_stream().data().listen_key
        user = await connection.user_data(key)
        events = asyncio.Queue()
        user.on("message", lambda event: events.put_nowait(event))
        await asyncio.sleep(1)
        for side, reduces in (("BUY", "false"), ("SELL", "true")):
            rest.new_order(
                symbol=SYMBOL, side=side, type="MARKET", quantity=0.01, reduce_only=reduces
            )
            await asyncio.wait_for(events.get(), 60)
        rest.keepalive_user_data_stream()
        rest.close_user_data_stream()
    finally:
        await connection.close_connection(close_session=True)


rest_api = life()
if WS != "-":
    asyncio.run(streams(rest_api))
print("Binance SDK: ok")
