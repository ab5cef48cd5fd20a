//! `velox`: the operator's console.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    console::main().await
}
