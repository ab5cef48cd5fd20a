//! The events of the exchange: each tells of one change of one account.

use crate::exchange::Exchange;
use crate::slab::Slot;
use messages::{Event, EventKind, Execution, RequestId};

impl Exchange {
    /// Adds the event of a change of an account.
    #[inline]
    pub(crate) fn tell(
        &mut self,
        request_id: Option<RequestId>,
        account: Slot,
        events: &mut Vec<Event>,
        kind: impl FnOnce() -> EventKind,
    ) {
        self.tell_fill(request_id, account, events, || (kind(), None));
    }

    /// Adds the event of a change of an account by a fill. It is made where it stays: an event that
    /// is passed on is copied each time, which takes 60 instructions.
    #[inline]
    pub(crate) fn tell_fill(
        &mut self,
        request_id: Option<RequestId>,
        account: Slot,
        events: &mut Vec<Event>,
        what: impl FnOnce() -> (EventKind, Option<Box<Execution>>),
    ) {
        let (user_id, account) = self.accounts.next_state(account);
        let timestamp_ms = self.last_id.ms;
        events.extend(std::iter::once_with(|| {
            let (kind, execution) = what();
            Event { request_id, user_id, timestamp_ms, account, kind, execution }
        }));
    }
}
