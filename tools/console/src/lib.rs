#![doc = include_str!("../README.md")]

mod account;
mod account_owner;
mod adopt;
mod archive;
mod backup;
mod cli;
mod completions;
mod confirm;
mod context;
mod dead_letters;
mod engine_state;
mod events;
mod history;
mod market;
mod operate;
mod order;
mod orders;
mod output;
mod position;
mod postgres_programs;
mod price;
mod replay;
mod reshard;
mod restore;
mod snapshots;
mod statement;
mod status;
mod stored;
mod streams_table;
mod timescale;
mod words;

pub use cli::main;
