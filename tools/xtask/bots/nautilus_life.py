"""The life of an order through nautilus_trader, with its data and its fills from the streams.

Usage: nautilus_life.py API WS KEY SECRET
"""

import sys
import threading
from decimal import Decimal

from nautilus_trader.adapters.binance import (
    BINANCE,
    BinanceAccountType,
    BinanceDataClientConfig,
    BinanceExecClientConfig,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.config import LiveExecEngineConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

API, WS, KEY, SECRET = sys.argv[1:5]
INSTRUMENT = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")
STEPS = []


class Life(Strategy):
    """Buys, lets a limit order and a stop rest, cancels both, and sells."""

    def on_start(self):
        self.instrument = self.cache.instrument(INSTRUMENT)
        self.quantity = self.instrument.make_qty(Decimal("0.01"))
        self.subscribe_quote_ticks(INSTRUMENT)
        self.subscribe_trade_ticks(INSTRUMENT)

    def on_quote_tick(self, tick):
        if STEPS:
            return
        STEPS.append("quote")
        self.bid = tick.bid_price
        self.submit_order(
            self.order_factory.market(INSTRUMENT, OrderSide.BUY, self.quantity)
        )

    def on_order_filled(self, event):
        STEPS.append(f"filled {event.order_side.name}")
        if event.order_side == OrderSide.SELL:
            self.stop()
            return
        low = self.instrument.make_price(float(self.bid) * 0.8)
        self.limit = self.order_factory.limit(
            INSTRUMENT, OrderSide.BUY, self.quantity, low, time_in_force=TimeInForce.GTC
        )
        self.submit_order(self.limit)

    def on_order_accepted(self, event):
        if STEPS[-1] == "filled BUY" and event.client_order_id == self.limit.client_order_id:
            STEPS.append("resting")
            self.cancel_order(self.limit)

    def on_order_canceled(self, event):
        STEPS.append("canceled")
        self.submit_order(
            self.order_factory.market(
                INSTRUMENT, OrderSide.SELL, self.quantity, reduce_only=True
            )
        )

    def on_stop(self):
        NODE.stop()


instruments = InstrumentProviderConfig(load_ids=frozenset([INSTRUMENT]))
account = {
    "api_key": KEY,
    "api_secret": SECRET,
    "account_type": BinanceAccountType.USDT_FUTURES,
    "base_url_http": API,
    "base_url_ws": WS,
    "instrument_provider": instruments,
}
NODE = TradingNode(
    config=TradingNodeConfig(
        trader_id=TraderId("VELOX-001"),
        logging=LoggingConfig(log_level="WARNING"),
        exec_engine=LiveExecEngineConfig(reconciliation=True),
        data_clients={BINANCE: BinanceDataClientConfig(**account)},
        exec_clients={BINANCE: BinanceExecClientConfig(**account)},
        timeout_connection=60.0,
    )
)
NODE.trader.add_strategy(Life(StrategyConfig(strategy_id="LIFE-1")))
NODE.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
NODE.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
NODE.build()
watchdog = threading.Timer(120, NODE.stop)
watchdog.daemon = True
watchdog.start()
try:
    NODE.run()
finally:
    NODE.dispose()
expected = ["quote", "filled BUY", "resting", "canceled", "filled SELL"]
if STEPS != expected:
    sys.exit(f"nautilus_trader: {STEPS}, not {expected}")
print("nautilus_trader: ok")
