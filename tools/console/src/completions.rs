//! `velox completions`.

use crate::context::Verdict;
use anyhow::Result;
use clap_complete::Shell;
use std::io::{self, Write as _};

const EXAMPLES: &str = "\
Examples:
  velox completions bash > /etc/bash_completion.d/velox
  velox completions zsh > ~/.zfunc/_velox
  velox completions fish > ~/.config/fish/completions/velox.fish";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: clap::Command) -> Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "velox", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Verdict::Well)
}
