#![doc = include_str!("../README.md")]

mod backlog;
mod backoff;
mod connection;
mod copy;
mod entry;
mod error;
mod fence;
mod group;
mod hash;
mod heartbeat;
mod inspect;
mod lease;
mod link;
mod log;
mod metering;
mod publish;
mod pubsub;
mod quota;
mod request;
mod survey;
mod trim;

pub use backlog::{GroupBacklog, ServerInfo};
pub use connection::Redis;
pub use entry::Entry;
pub use error::{Error, Outage, Refusal};
pub use fence::{FenceError, FencedWriter};
pub use group::{DELIVERIES_MAX, Delivery, Failure, Group, GroupConfig};
pub use heartbeat::{About, announce};
pub use inspect::StreamInfo;
pub use lease::{Epoch, Lease};
pub use log::{LogError, LogReader, Position};
pub use publish::{Batch, BatchOutcome};
pub use pubsub::{Message, Subscription};
pub use quota::{Lockout, Quota, Standing};
pub use request::{CallError, Replied, RequestClient};
pub use survey::{GroupInfo, PendingEntry};
