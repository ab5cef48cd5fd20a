//! Confirmation before an action that can't be undone.

use anyhow::{Result, ensure};
use std::io::{self, Write as _};

/// Asks on standard error, unless `yes` is set; any answer but "yes" is an error.
pub fn confirm(yes: bool, question: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    eprint!("\n{question} Type yes: ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    ensure!(answer.trim() == "yes", "the answer is not yes: nothing was changed");
    Ok(())
}
