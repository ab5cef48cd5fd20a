//! The parts that `cargo xtask up` and the tests share: [`servers`] starts Redis and PostgreSQL
//! processes, [`cargo`] runs cargo from within cargo. Without an async runtime, so that
//! `cargo xtask` builds quickly.

pub mod cargo;
pub mod servers;
