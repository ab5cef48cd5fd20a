//! The settings of `migrate`.

use service::DatabaseArgs;

/// Applies the migrations that the database does not have yet.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    #[command(flatten)]
    #[expect(missing_docs, reason = "documented where it is defined")]
    pub database: DatabaseArgs,
}
