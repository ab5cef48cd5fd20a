-- Candles from before trades were recorded here, and heads of candles in which recording began:
-- a chart has a past on its first day. Beside the candles of trades, never in them, and never
-- dropped with old trades. Reading adds a head to the candle of trades that it belongs to; a whole
-- candle counts only where there are no trades.
create table candle_history (
    symbol text not null,
    timeframe text not null,
    -- The start of the candle, and the stretch of it that this row is about.
    "time" timestamptz not null,
    from_time timestamptz not null,
    until_time timestamptz not null,
    open bigint not null,
    high bigint not null,
    low bigint not null,
    close bigint not null,
    volume bigint not null,
    trades bigint not null,
    constraint candle_history_pkey primary key (symbol, timeframe, from_time),
    constraint candle_history_timeframe
        check (timeframe in ('30s', '1m', '5m', '15m', '1h', '4h', '1d')),
    constraint candle_history_stretch check ("time" <= from_time and from_time < until_time),
    constraint candle_history_prices check (
        low > 0 and low <= least(open, close) and high >= greatest(open, close) and volume >= 0
    )
);
