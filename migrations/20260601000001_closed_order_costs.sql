-- What a position has cost, beside its P&L. Added with defaults, so the database worker of the version
-- before can go on writing rows; in its time nothing had a cost.
alter table closed_orders
    -- The fees of all its fills.
    add column "commissionInt" bigint not null default 0,
    -- The sum of its fundings, negative if it paid more than it received.
    add column "fundingInt" bigint not null default 0,
    -- The fee of its liquidation, beside that of the fill.
    add column "liquidationFeeInt" bigint not null default 0,
    add constraint closed_orders_costs check ("commissionInt" >= 0 and "liquidationFeeInt" >= 0);
