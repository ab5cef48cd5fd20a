from datetime import timedelta

from freqtrade.strategy import IStrategy
from pandas import DataFrame


class Alternate(IStrategy):
    """Buys in even minutes, sells short in odd ones, and closes a little later."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    can_short = True
    minimal_roi = {}
    stoploss = -0.2
    startup_candle_count = 0
    process_only_new_candles = False

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        is_even = dataframe["date"].dt.minute % 2 == 0
        dataframe.loc[is_even, "enter_long"] = 1
        dataframe.loc[~is_even, "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        if current_time - trade.date_entry_fill_utc > timedelta(seconds=30):
            return "a little later"
        return None

    def leverage(self, pair, current_time, current_rate, proposed_leverage, max_leverage, **kwargs):
        return 5.0
