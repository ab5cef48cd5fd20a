//! Mails as files, for installations without a provider.

use crate::letter::{Letter, Link};
use crate::transport::{SendError, message};
use anyhow::Context as _;
use lettre::message::Mailbox;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use tokio::task::spawn_blocking;

/// A folder for mails.
pub struct Folder {
    dir: PathBuf,
    from: Mailbox,
    logs_links: bool,
}

impl Folder {
    /// Creates the folder if it does not exist.
    pub fn new(dir: &Path, from: Mailbox, logs_links: bool) -> anyhow::Result<Self> {
        let at = || format!("MAIL_DIR: {} cannot be created", dir.display());
        fs::create_dir_all(dir).with_context(at)?;
        let dir = dir.canonicalize().with_context(at)?;
        Ok(Self { dir, from, logs_links })
    }

    /// Writes the mail to the folder, and in development its link to the log, where a new user
    /// finds it.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let bytes = message(letter, &self.from)?.formatted();
        // The name depends on the entry alone: a mail that is written twice is one file.
        let path = self.dir.join(format!("{}-{}.eml", stamp(letter.date), letter.mail_id));
        let (unfinished, finished) = (path.with_extension("part"), path.clone());
        let written = spawn_blocking(move || write(&unfinished, &finished, &bytes)).await;
        let written = written.map_err(io::Error::other).flatten();
        written.map_err(|error| {
            SendError::unavailable(format!("{} cannot be written: {error}", path.display()))
        })?;
        let (id, to, file) = (letter.mail_id, &letter.to, path.display());
        let link = letter.link.as_ref().filter(|_| self.logs_links).map_or("", Link::url);
        let subject = letter.subject;
        tracing::info!(mail.id = %id, %to, %file, "mail: {subject} {link}");
        Ok(())
    }
}

/// Writes a file under a temporary name and renames it, so that readers see complete mails only.
fn write(unfinished: &Path, finished: &Path, bytes: &[u8]) -> io::Result<()> {
    // Only the owner may read a mail: its link signs in.
    let options =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(unfinished);
    options?.write_all(bytes)?;
    fs::rename(unfinished, finished)
}

/// Formats a time as `20261125T140501Z`, which sorts by time and needs no quotes in a shell.
fn stamp(time: OffsetDateTime) -> String {
    let (date, hour, minute, second) = (time.date(), time.hour(), time.minute(), time.second());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}
