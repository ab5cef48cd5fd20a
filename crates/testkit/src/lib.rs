//! What Velox's own tests and `cargo xtask` stand on; never a dependency of a service.
//!
//! [`servers`] starts private Redis and PostgreSQL processes. With the feature `clients`, `stack`
//! runs the real service binaries on them, and `trader` is somebody who uses them over HTTP.

pub mod servers;
#[cfg(feature = "clients")]
pub mod stack;
#[cfg(feature = "clients")]
pub mod trader;
