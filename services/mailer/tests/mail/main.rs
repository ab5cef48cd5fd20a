//! The mailer's binary on a real Redis, with providers that the tests run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;
mod outages;
mod post_office;
mod resend;
mod resend_server;
mod smtp;
mod smtp_server;
mod stream;
