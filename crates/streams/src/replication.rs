//! Waiting until replicas have what was written.

use crate::entry::integer;
use crate::error::Error;
use redis::{Cmd, Value};
use std::time::Duration;

/// The longest time for which a server waits for its replicas before it says how many have confirmed.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(1);

/// The confirmations that a write needs beyond that of the server it was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replication {
    /// The number of replicas that have to have it.
    pub replicas: u32,
    /// Whether it has to be on their disks and on the server's own, which needs Redis 7.2.
    pub on_disk: bool,
}

impl Replication {
    /// Builds the command that waits for the confirmations of everything that was written on a
    /// connection, and of everything that the server had executed before.
    pub(crate) fn command(self) -> Cmd {
        let timeout_ms = u64::try_from(CONFIRM_TIMEOUT.as_millis()).unwrap_or(u64::MAX);
        let mut command = if self.on_disk { redis::cmd("WAITAOF") } else { redis::cmd("WAIT") };
        if self.on_disk {
            // The server's own disk.
            command.arg(1);
        }
        command.arg(self.replicas).arg(timeout_ms);
        command
    }

    /// Evaluates the reply to the command.
    pub(crate) fn check(self, reply: &Value) -> Result<(), Error> {
        let (own, replicas) = match reply {
            Value::Array(counts) if counts.len() == 2 => {
                (integer(&counts[0])?, integer(&counts[1])?)
            }
            count => (1, integer(count)?),
        };
        if own >= 1 && replicas >= self.replicas.into() {
            return Ok(());
        }
        let wanted = self.replicas;
        Err(Error::not_sent(format!("{replicas} of {wanted} replicas have confirmed in time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_confirmations_than_wanted_are_an_error() {
        let two = Replication { replicas: 2, on_disk: false };
        two.check(&Value::Int(2)).unwrap();
        two.check(&Value::Int(1)).unwrap_err();
        let on_disk = Replication { replicas: 1, on_disk: true };
        on_disk.check(&Value::Array(vec![Value::Int(1), Value::Int(1)])).unwrap();
        on_disk.check(&Value::Array(vec![Value::Int(0), Value::Int(1)])).unwrap_err();
    }
}
