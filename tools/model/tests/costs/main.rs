//! Fees, mark prices, maintenance margins, funding and fills at the next quote, with figures that were computed by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod fees;
mod funding;
mod limits;
mod marks;
mod next;
mod next_positions;
