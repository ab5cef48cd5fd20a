//! Fees, mark prices, maintenance margins and funding, with figures that were computed by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod fees;
mod funding;
mod limits;
mod marks;
