//! Mails as files, for those who have no provider yet.

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

/// A folder that mails are left in.
pub struct Folder {
    dir: PathBuf,
    from: Mailbox,
    logs_links: bool,
}

impl Folder {
    /// Makes the folder if it is not there.
    pub fn new(dir: &Path, from: Mailbox, logs_links: bool) -> anyhow::Result<Self> {
        let at = || format!("MAIL_DIR: {} can't be made", dir.display());
        fs::create_dir_all(dir).with_context(at)?;
        let dir = dir.canonicalize().with_context(at)?;
        Ok(Self { dir, from, logs_links })
    }

    /// Leaves the mail here, and in development its link in the log: this is how a new user gets to
    /// click it.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let bytes = message(letter, &self.from)?.formatted();
        // Its name is the entry's alone: a mail that is written twice is there once.
        let path = self.dir.join(format!("{}-{}.eml", stamp(letter.date), letter.mail_id));
        let (unfinished, finished) = (path.with_extension("part"), path.clone());
        let written = spawn_blocking(move || write(&unfinished, &finished, &bytes)).await;
        let written = written.map_err(io::Error::other).flatten();
        written.map_err(|error| {
            SendError::unavailable(format!("{} can't be written: {error}", path.display()))
        })?;
        let (id, to, file) = (letter.mail_id, &letter.to, path.display());
        let link = letter.link.as_ref().filter(|_| self.logs_links).map_or("", Link::url);
        let subject = letter.subject;
        tracing::info!(mail.id = %id, %to, %file, "mail: {subject} {link}");
        Ok(())
    }
}

/// Whoever looks into the folder sees whole mails only.
fn write(unfinished: &Path, finished: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link that signs in is nobody else's business.
    let options =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(unfinished);
    options?.write_all(bytes)?;
    fs::rename(unfinished, finished)
}

/// `20261125T140501Z`: sorts by time, and does well in a shell.
fn stamp(time: OffsetDateTime) -> String {
    let (date, hour, minute, second) = (time.date(), time.hour(), time.minute(), time.second());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}
