//! The settings of `migrate`, for the documentation of settings.

pub mod config;
