//! The list of instruments that an operator wants: `markets.toml`, read again when it changes.

use crate::config::Config;
use markets::FileError;
use messages::Instrument;
use service::Health;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The interval at which the file is read.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The wanted instruments, as the engine's loop sees them.
pub type Wanted = watch::Receiver<Vec<Instrument>>;

#[derive(Clone)]
struct Listing {
    file: Option<PathBuf>,
    spread_bps: Option<u32>,
}

impl Listing {
    fn read(&self) -> Result<Vec<Instrument>, FileError> {
        let mut instruments = match &self.file {
            Some(file) => markets::read(file)?,
            None => markets::shipped(),
        };
        if let Some(spread_bps) = self.spread_bps {
            for instrument in &mut instruments {
                instrument.spread_bps = spread_bps;
            }
        }
        Ok(instruments)
    }
}

/// Reads the list, and follows the changes of the file until `shutdown`. A file that becomes
/// invalid changes nothing; `/readyz` says what is wrong with it.
///
/// # Errors
/// When the file is invalid at the start.
pub fn follow(
    config: &Config,
    health: Health,
    shutdown: CancellationToken,
) -> Result<Wanted, FileError> {
    let file = config.markets_file.clone().filter(|file| !file.as_os_str().is_empty());
    let listing = Listing { file, spread_bps: config.spread_bps };
    let (sender, receiver) = watch::channel(listing.read()?);
    tokio::spawn(shutdown.run_until_cancelled_owned(async move {
        let mut problem: Option<String> = None;
        loop {
            sleep(POLL_INTERVAL).await;
            let listing = listing.clone();
            let read = spawn_blocking(move || listing.read()).await;
            let read = read.expect("reading a file does not panic");
            let found = read.as_ref().err().map(ToString::to_string);
            if let Ok(instruments) = read {
                sender.send_if_modified(|known| {
                    let is_new = *known != instruments;
                    *known = instruments;
                    is_new
                });
            }
            if found != problem {
                if let Some(problem) = &found {
                    tracing::warn!(problem, "the list of instruments is invalid; not applied");
                }
                health.set_remark("markets file", found.clone());
                problem = found;
            }
        }
    }));
    Ok(receiver)
}
