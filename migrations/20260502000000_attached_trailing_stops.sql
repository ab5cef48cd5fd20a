-- The distance from its peak, in basis points, of the trailing stop that is placed for what an order
-- opens. Added with a default, so the database worker of the version before can go on writing rows.
alter table orders add column trailing_stop_bps integer;
