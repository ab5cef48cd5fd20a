-- The settled rates of fundings, at scale 10^8, written by batch-uploader from batch:uploader:stream.
create table funding_rates (
    symbol text collate "C" not null,
    funding_time timestamptz not null,
    rate bigint not null,
    mark_price bigint not null,
    -- Its key makes a second delivery harmless. A funding is settled once, so the first row stays.
    constraint funding_rates_pkey primary key (symbol, funding_time),
    constraint funding_rates_positive check (mark_price > 0)
);

-- Those of all symbols, newest first, a page at a time.
create index funding_rates_history on funding_rates (funding_time desc, symbol desc);
