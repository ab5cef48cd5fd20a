-- The traded volume in the quote asset, exact: the sum of prices times quantities at scale 10^16, by
-- the minute and by the hour. Candles hold none, and the trades are not kept for ever. It has tables of
-- its own, because columns can't be added to continuous aggregates. batch-uploader adds each trade in
-- the statement that stores it. A row counts the trades that it is the sum of: candles of other trades,
-- such as those that were stored before, have no exact volume.
create table quote_volumes (
    symbol text not null,
    timeframe text not null,
    "time" timestamptz not null,
    quote_volume numeric not null,
    trades bigint not null,
    constraint quote_volumes_pkey primary key (symbol, timeframe, "time"),
    constraint quote_volumes_timeframe check (timeframe in ('1m', '1h'))
);
