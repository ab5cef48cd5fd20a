"""The life of orders and positions through nautilus_trader, and a second node that finds what the
first one has left.

Usage: nautilus_life.py API WS KEY SECRET
"""

import asyncio
import sys
import threading
from decimal import Decimal

from checks import check
from nautilus_trader.adapters.binance import (
    BINANCE,
    BinanceAccountType,
    BinanceDataClientConfig,
    BinanceExecClientConfig,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol
from nautilus_trader.config import (
    InstrumentProviderConfig,
    LiveExecEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import (
    GenerateFillReports,
    GenerateOrderStatusReport,
    GeneratePositionStatusReports,
)
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import OrderSide, OrderStatus, PositionSide, TrailingOffsetType
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy
from relay import Relay

API, WS, KEY, SECRET = sys.argv[1:5]
INSTRUMENT = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")
PATIENCE_S = 120


class Acting(Strategy):
    """Goes through `acts`, which yield the conditions that they wait for; quotes look at them."""

    def __init__(self, node, number):
        super().__init__(
            StrategyConfig(
                strategy_id="LIFE", order_id_tag=number, external_order_claims=[INSTRUMENT]
            )
        )
        self.node = node
        self.is_finished = False
        self.placed = []
        self.filled = []
        self.trade_ids = set()
        self.remaining = self.acts()
        self.is_due = lambda: True

    def on_start(self):
        self.instrument = self.cache.instrument(INSTRUMENT)
        self.quantity = self.instrument.make_qty(Decimal("0.01"))
        self.subscribe_trade_ticks(INSTRUMENT)
        self.subscribe_quote_ticks(INSTRUMENT)

    def on_stop(self):
        self.unsubscribe_trade_ticks(INSTRUMENT)
        self.unsubscribe_quote_ticks(INSTRUMENT)

    def on_quote_tick(self, tick):
        self.price = float(tick.bid_price)
        if self.is_finished or not self.is_due():
            return
        try:
            self.is_due = next(self.remaining)
        except StopIteration:
            self.is_finished = True
            self.node.stop()

    def on_order_filled(self, event):
        self.filled.append(event.client_order_id)
        self.trade_ids.add(event.trade_id)

    def market(self, side):
        order = self.order_factory.market(INSTRUMENT, side, self.quantity)
        self.placed.append(order.client_order_id)
        self.submit_order(order)
        return order

    def limit(self):
        price = self.instrument.make_price(self.price * 0.8)
        order = self.order_factory.limit(INSTRUMENT, OrderSide.BUY, self.quantity, price)
        self.submit_order(order)
        return order

    def ask(self, question, command, *terms):
        """Asks Velox for a report through the adapter. Yields until it is there."""
        [client] = self.node.kernel.exec_engine.get_clients_for_orders(self.cache.orders())
        command = command(INSTRUMENT, *terms, UUID4(), self.clock.timestamp_ns())
        asking = asyncio.get_running_loop().create_task(getattr(client, question)(command))
        yield asking.done
        return asking.result()

    def until_position(self, side):
        """Asks for the position until it is on this side."""
        question, command = "generate_position_status_reports", GeneratePositionStatusReports
        while True:
            [report] = yield from self.ask(question, command, None, None)
            if report.position_side == side:
                check("the size", side == PositionSide.FLAT or report.quantity == self.quantity)
                return


class Trading(Acting):
    """The life of orders; leaves a position and a resting order."""

    def __init__(self, node, number, relay):
        super().__init__(node, number)
        self.relay = relay

    def acts(self):
        account = self.portfolio.account(INSTRUMENT.venue)
        check("it begins with 1000", account.balance_total(USDT).as_decimal() == 1000)
        check("the leverage", account.leverage(INSTRUMENT) == 10)
        bought = self.market(OrderSide.BUY)
        yield lambda: bought.status == OrderStatus.FILLED
        yield from self.until_position(PositionSide.LONG)
        yield from self.limit_order()
        yield from self.stops()
        yield from self.interruption()
        self.limit()
        yield lambda: self.cache.orders_open_count() == 1

    def limit_order(self):
        order = self.limit()
        yield lambda: order.status == OrderStatus.ACCEPTED
        quantity = self.instrument.make_qty(Decimal("0.02"))
        price = self.instrument.make_price(self.price * 0.79)
        self.modify_order(order, quantity=quantity, price=price)
        yield lambda: order.quantity == quantity and order.price == price
        ids = order.client_order_id, order.venue_order_id
        question = "generate_order_status_report"
        report = yield from self.ask(question, GenerateOrderStatusReport, *ids)
        is_open = report.order_status == OrderStatus.ACCEPTED
        check("Velox has it", is_open and (report.quantity, report.price) == (quantity, price))
        self.cancel_order(order)
        yield lambda: order.status == OrderStatus.CANCELED

    def stops(self):
        terms = {
            "instrument_id": INSTRUMENT,
            "order_side": OrderSide.SELL,
            "quantity": self.quantity,
            "reduce_only": True,
        }
        low, high = (self.instrument.make_price(self.price * part) for part in (0.8, 1.2))
        make = self.order_factory
        orders = [
            make.stop_market(trigger_price=low, **terms),
            make.market_if_touched(trigger_price=high, **terms),
            make.trailing_stop_market(
                trailing_offset=Decimal(500),
                trailing_offset_type=TrailingOffsetType.BASIS_POINTS,
                **terms,
            ),
        ]
        for order in orders:
            self.submit_order(order)
        yield lambda: all(order.status == OrderStatus.ACCEPTED for order in orders)
        self.cancel_order(orders[0])
        yield lambda: orders[0].status == OrderStatus.CANCELED
        self.cancel_all_orders(INSTRUMENT)
        yield lambda: all(order.status == OrderStatus.CANCELED for order in orders)

    def interruption(self):
        """Trades in and after an interruption of the user stream."""
        self.relay.cut()
        sold = self.market(OrderSide.SELL)
        yield from self.until_position(PositionSide.FLAT)
        check("the client has not heard of it", sold.status == OrderStatus.SUBMITTED)
        self.relay.mend()
        yield lambda: sold.status == OrderStatus.FILLED
        self.market(OrderSide.BUY)
        yield from self.until_position(PositionSide.LONG)
        yield lambda: len(self.filled) >= len(self.placed)
        check(f"each fills once: {self.filled}", self.filled == self.placed)
        fills = yield from self.ask("generate_fill_reports", GenerateFillReports, None, None, None)
        check("Velox has the fills", {fill.trade_id for fill in fills} == self.trade_ids)


class Finding(Acting):
    """Finds the position and the order of the first node, and ends both."""

    def acts(self):
        [position], [order] = self.cache.positions_open(), self.cache.orders_open()
        is_long = position.side == PositionSide.LONG
        check("the position is found", is_long and position.quantity == self.quantity)
        check("the order is found", order.quantity == self.quantity)
        self.cancel_all_orders(INSTRUMENT)
        yield lambda: order.status == OrderStatus.CANCELED
        self.close_all_positions(INSTRUMENT)
        yield lambda: self.portfolio.is_completely_flat()
        yield from self.until_position(PositionSide.FLAT)


def run(strategy, number, *terms):
    """Runs a node with a strategy to its end."""
    account = {
        "api_key": KEY,
        "api_secret": SECRET,
        "account_type": BinanceAccountType.USDT_FUTURES,
        "base_url_http": API,
        "base_url_ws": WS,
        "instrument_provider": InstrumentProviderConfig(load_ids=frozenset([INSTRUMENT])),
    }
    orders = account | {
        "base_url_ws": RELAY.url,
        "futures_leverages": {BinanceSymbol("BTCUSDT"): 10},
    }
    node = TradingNode(
        config=TradingNodeConfig(
            trader_id=TraderId(f"VELOX-{number}"),
            logging=LoggingConfig(log_level="WARNING"),
            # Nothing but the user stream tells of orders: no polling of those that are late.
            exec_engine=LiveExecEngineConfig(reconciliation=True, inflight_check_interval_ms=0),
            data_clients={BINANCE: BinanceDataClientConfig(**account)},
            exec_clients={BINANCE: BinanceExecClientConfig(**orders)},
            timeout_connection=60.0,
            timeout_post_stop=1.0,
        )
    )
    acting = strategy(node, number, *terms)
    node.trader.add_strategy(acting)
    node.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
    node.build()
    watchdog = threading.Timer(PATIENCE_S, node.stop)
    watchdog.start()
    try:
        node.run()
    finally:
        watchdog.cancel()
        node.dispose()
    check(f"{strategy.__name__} has not finished: {acting.filled}", acting.is_finished)


RELAY = Relay(WS)
run(Trading, "001", RELAY)
asyncio.set_event_loop(asyncio.new_event_loop())
run(Finding, "002")
print("nautilus_trader: ok")
