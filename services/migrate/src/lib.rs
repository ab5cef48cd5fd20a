//! Brings the database to the schema that this version of Velox needs: what others may know of it.

pub mod config;
