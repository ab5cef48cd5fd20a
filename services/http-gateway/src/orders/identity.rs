//! The ids of new orders.
//!
//! The order id of an `Idempotency-Key` changes with every period, so that the engine, which keeps
//! the ids of closed orders for two periods, never sees an evicted id again. The id of the previous
//! period is sent along, so that an order placed just before midnight is recognised just after.

use crate::access::account::AccountId;
use messages::{IDEMPOTENCY_PERIOD_MS, OrderId};
use uuid::Uuid;

/// The ids by which the engine recognises an order that is placed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The id of the order if it is a new one.
    pub order_id: OrderId,
    /// The id that the same key had in the previous period.
    pub earlier_order_id: Option<OrderId>,
}

impl Identity {
    /// Returns the identity that a key stands for at this time (Unix ms); a new one without a key.
    pub fn new(account: AccountId, key: Option<&str>, now_ms: u64) -> Self {
        let Some(key) = key else {
            return Self { order_id: OrderId(Uuid::now_v7()), earlier_order_id: None };
        };
        let owner = account.in_engine();
        let period = now_ms / IDEMPOTENCY_PERIOD_MS;
        let earlier = period.checked_sub(1);
        Self {
            order_id: OrderId::for_key(owner, key, period),
            earlier_order_id: earlier.map(|earlier| OrderId::for_key(owner, key, earlier)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId(Uuid::from_u128(7));
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    /// 2026-11-28T00:00:00Z.
    const MIDNIGHT_MS: u64 = 1_795_824_000_000;

    fn at(ms: u64) -> Identity {
        Identity::new(ACCOUNT, Some("daily"), ms)
    }

    /// Returns whether an order with the first identity is recognised when placed with the second.
    fn recognises(first: Identity, again: Identity) -> bool {
        [Some(again.order_id), again.earlier_order_id].contains(&Some(first.order_id))
    }

    /// Returns the orders that the engine opens for a key that is used at these times.
    fn placed(times_ms: impl Iterator<Item = u64>) -> Vec<OrderId> {
        let mut placed: Vec<(u64, OrderId)> = Vec::new();
        for now_ms in times_ms {
            let Identity { order_id, earlier_order_id } = at(now_ms);
            // Closed at once, so that it is evicted as early as possible.
            let is_known = placed.iter().any(|(closed_ms, id)| {
                now_ms - closed_ms <= 2 * IDEMPOTENCY_PERIOD_MS
                    && [Some(order_id), earlier_order_id].contains(&Some(*id))
            });
            if !is_known {
                placed.push((now_ms, order_id));
            }
        }
        placed.into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn a_key_that_is_used_daily_never_gives_an_id_to_a_second_order() {
        for every_ms in [HOUR_MS, 23 * HOUR_MS, 24 * HOUR_MS + 1_300, 49 * HOUR_MS] {
            let ids = placed((0..200).map(|n| MIDNIGHT_MS + 9 * HOUR_MS + n * every_ms));
            assert!(ids.len() > 3, "a key does not hold for ever");
            for (n, id) in ids.iter().enumerate() {
                assert!(!ids[..n].contains(id), "every {every_ms} ms, order {n}");
            }
        }
        // Three days in a row: an order, the same order, another one.
        let three_days = (0..3).map(|n| MIDNIGHT_MS + (9 + 24 * n) * HOUR_MS);
        assert_eq!(placed(three_days).len(), 2);
    }

    #[test]
    fn a_key_holds_for_a_period_at_least_and_for_two_at_most() {
        for placed_ms in (0..24).map(|hour| MIDNIGHT_MS + hour * HOUR_MS) {
            let placed = at(placed_ms);
            for after_ms in (0..=24 * HOUR_MS).step_by(60_000) {
                assert!(recognises(placed, at(placed_ms + after_ms)), "{placed_ms} {after_ms}");
            }
            assert!(!recognises(placed, at(placed_ms + 48 * HOUR_MS)), "{placed_ms}");
        }
        let last_ms = MIDNIGHT_MS + 24 * HOUR_MS - 1;
        assert_eq!(at(last_ms), at(MIDNIGHT_MS));
        assert!(recognises(at(last_ms), at(last_ms + 1)));
    }

    #[test]
    fn keys_are_told_apart_and_are_ones_own() {
        let one = at(MIDNIGHT_MS);
        let other = Identity::new(ACCOUNT, Some("daily "), MIDNIGHT_MS);
        let theirs = Identity::new(AccountId(Uuid::from_u128(8)), Some("daily"), MIDNIGHT_MS);
        assert!(!recognises(one, other) && !recognises(one, theirs));
        let (without, again) = (Identity::new(ACCOUNT, None, 0), Identity::new(ACCOUNT, None, 0));
        assert!(without.earlier_order_id.is_none() && !recognises(without, again));
    }
}
