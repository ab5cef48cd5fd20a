//! Accounts: sign-up, sign-in, sessions and API keys.

pub mod api_keys;
mod begin;
mod contract;
mod email;
mod fields;
pub mod guest;
mod lockout;
pub mod magic_link;
mod new_password;
pub mod password;
mod phone;
pub mod profile;
mod requests;
pub mod sessions;
pub mod sign_in;
pub mod tickets;

pub use contract::{RegisteredOnly, SessionOnly};
