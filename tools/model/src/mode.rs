//! Position modes of accounts, with `CHANGE_POSITION_MODE`, and leverages of instruments.

use crate::entry::Entry;
use crate::model::{Model, Outcome, Verdict};
use crate::payload::{Payload, Unreadable};
use crate::position::Position;
use crate::symbol::Symbol;
use serde_json::json;

/// The highest leverage that an account has in an instrument without having chosen it.
const LEVERAGE_UNCHOSEN_MAX: i128 = 20;

/// The way in which an account's orders make positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every opening order makes a position of its own.
    #[default]
    Separate,
    /// An instrument has one position, long or short.
    OneWay,
    /// An instrument has one long position and one short.
    Hedge,
}

impl Mode {
    const ALL: [(&'static str, Self); 3] =
        [("separate", Self::Separate), ("one_way", Self::OneWay), ("hedge", Self::Hedge)];

    fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, mode)| mode)
    }

    /// The mode as messages name it.
    pub fn text(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, mode)| *mode == self).expect("every mode has a name").0
    }
}

impl Model {
    /// The position mode of an account.
    pub fn mode(&self, user_id: &str) -> Mode {
        self.modes.get(user_id).copied().unwrap_or_default()
    }

    /// The leverage of an account in an instrument, in the modes that have one.
    pub fn leverage(&self, user_id: &str, asset: Symbol) -> i128 {
        let chosen = self.leverages.get(&(user_id.to_owned(), asset));
        let highest = self.instruments.get(&asset).map_or(0, |instrument| instrument.max_leverage);
        chosen.copied().unwrap_or(highest.min(LEVERAGE_UNCHOSEN_MAX))
    }

    /// The leverages that an account has chosen.
    pub fn chosen_leverages<'a>(
        &'a self,
        user_id: &'a str,
    ) -> impl Iterator<Item = (Symbol, i128)> + 'a {
        let own = self.leverages.iter().filter(move |((owner, _), _)| owner == user_id);
        own.map(|((_, asset), leverage)| (*asset, *leverage))
    }

    /// The position of an account in an instrument, where there is one a side. In hedge mode the
    /// side chooses.
    pub(crate) fn net_position(
        &self,
        user_id: &str,
        asset: Symbol,
        on_long: Option<bool>,
    ) -> Option<&Position> {
        self.open.values().find(|position| {
            position.user_id == user_id
                && position.asset == asset
                && on_long.is_none_or(|on_long| on_long == position.is_long)
        })
    }

    pub(crate) fn change_mode(
        &mut self,
        entry: &Entry,
        payload: Payload<'_>,
    ) -> Result<Outcome, Unreadable> {
        let user_id = entry.optional("userId").ok_or(Unreadable)?;
        let mode = Mode::read(payload.text("mode")?).ok_or(Unreadable)?;
        let Some(account) = self.accounts.get(user_id).copied() else {
            return Ok(Outcome::rejected("UNKNOWN_USER"));
        };
        if self.mode(user_id) == mode {
            return Ok(Outcome::without_events(Verdict::Account(account)));
        }
        let is_flat = self.open_of(user_id).next().is_none() && self.resting_of(user_id).is_empty();
        if !is_flat {
            return Ok(Outcome::rejected("NOT_FLAT"));
        }
        self.modes.insert(user_id.to_owned(), mode);
        let payload = json!({ "mode": mode.text() });
        let event =
            self.event("POSITION_MODE_CHANGED", entry.optional("requestId"), user_id, payload);
        Ok(Outcome { verdict: Verdict::Account(event.account), events: vec![event] })
    }
}
