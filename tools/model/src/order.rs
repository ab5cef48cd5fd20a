//! Orders: what an account has asked for, and what became of it.

use crate::entry::Id;
use crate::past::Ended;
use crate::symbol::Symbol;
use crate::ticket::Ticket;

/// The kind of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It fills at once, at the quote.
    Market,
    /// It fills at its price or better.
    Limit,
    /// It fills at the quote once the price is as bad as its trigger.
    StopMarket,
    /// It is a limit order once the price is as bad as its trigger.
    Stop,
    /// It fills at the quote once the price is as good as its trigger.
    TakeProfitMarket,
    /// It is a limit order once the price is as good as its trigger.
    TakeProfit,
    /// It fills at the quote once the price is the callback away from its best.
    TrailingStopMarket,
}

/// The time in force of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    /// Good till canceled.
    Gtc,
    /// Immediate or cancel.
    Ioc,
    /// Fill or kill.
    Fok,
    /// Post only.
    Gtx,
    /// Good till a date.
    Gtd,
}

/// The status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It rests.
    New,
    /// It was filled whole.
    Filled,
    /// Its owner canceled it.
    Canceled,
    /// The exchange ended it.
    Expired,
}

/// The request that placed an order, with its fields as first sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// `PLACE_ORDER`.
    Place(Box<Ticket>),
    /// `REVERSE_POSITION`.
    Reverse {
        /// The position.
        position_id: String,
        /// The worst acceptable price.
        price_limit: Option<i128>,
    },
    /// `CLOSE_ORDER` or `CLOSE_POSITIONS`, which no request repeats.
    Close,
    /// None: it is the trailing stop that another order has attached.
    Attached,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags that messages carry")]
pub struct Order {
    /// Its id.
    pub order_id: String,
    /// The owner.
    pub user_id: String,
    /// The number of the event of its account that tells of it first; zero until then.
    pub sequence: u64,
    /// The owner's own name for it.
    pub client_order_id: Option<String>,
    /// The instrument.
    pub asset: Symbol,
    /// `true` for `BUY`, `false` for `SELL`.
    pub is_buy: bool,
    /// In hedge mode: whether it works on the long position.
    pub on_long: Option<bool>,
    /// The position that it reduces or reverses. In the other modes it may be left out.
    pub position_id: Option<String>,
    /// Its kind.
    pub kind: Kind,
    /// Its time in force.
    pub time_in_force: TimeInForce,
    /// The quantity; zero while an order that closes a position rests.
    pub qty: i128,
    /// The price of a limit order.
    pub price: Option<i128>,
    /// The price that triggers it.
    pub trigger_price: Option<i128>,
    /// The distance of a trailing stop from the best price, in basis points.
    pub callback_bps: Option<i128>,
    /// The time at which it was triggered or began to trail.
    pub activated_at: Option<u64>,
    /// Whether it only reduces a position.
    pub reduce_only: bool,
    /// Whether it closes a position whole, whatever its quantity is then.
    pub close_position: bool,
    /// The leverage of the position that it opens.
    pub leverage: i128,
    /// The stop-loss of the position.
    pub stop_loss: Option<i128>,
    /// The take-profit of the position.
    pub take_profit: Option<i128>,
    /// The callback of the trailing stop that is placed for what it opens, in basis points.
    pub trailing_stop_bps: Option<i128>,
    /// The worst acceptable price.
    pub price_limit: Option<i128>,
    /// The largest acceptable distance of the price from its reference, in basis points.
    pub max_slippage_bps: Option<i128>,
    /// The time at which it expires.
    pub expires_at: Option<u64>,
    /// Whether it waits for the next quote.
    pub awaits_quote: bool,
    /// The money taken from the balance for it.
    pub reserved: i128,
    /// The status.
    pub status: Status,
    /// The reason for which it expired.
    pub reason: Option<&'static str>,
    /// The quantity filled.
    pub filled_qty: i128,
    /// The price at which it was filled.
    pub average_price: Option<i128>,
    /// The time of placing, as stream time.
    pub created_at: u64,
    /// The time of the last change, as stream time.
    pub updated_at: u64,
    /// The best price since a trailing stop became active.
    pub peak: Option<i128>,
    /// Its place among all orders: the number of its acceptance or last amendment.
    pub(crate) place: u64,
    /// The request that placed it.
    pub(crate) sent: Sent,
    /// The id of the request that canceled it, if one did.
    pub(crate) canceled_by: Option<String>,
}

impl Order {
    /// An order that says nothing but its kind, side and quantity.
    pub(crate) fn new(
        (user_id, order_id, asset): (&str, &str, Symbol),
        (kind, is_buy, qty): (Kind, bool, i128),
        sent: Sent,
        now_ms: u64,
    ) -> Self {
        Self {
            order_id: order_id.to_owned(),
            user_id: user_id.to_owned(),
            sequence: 0,
            client_order_id: None,
            asset,
            is_buy,
            on_long: None,
            position_id: None,
            kind,
            time_in_force: TimeInForce::Gtc,
            qty,
            price: None,
            trigger_price: None,
            callback_bps: None,
            activated_at: None,
            reduce_only: false,
            close_position: false,
            leverage: 0,
            stop_loss: None,
            take_profit: None,
            trailing_stop_bps: None,
            price_limit: None,
            max_slippage_bps: None,
            expires_at: None,
            awaits_quote: false,
            reserved: 0,
            status: Status::New,
            reason: None,
            filled_qty: 0,
            average_price: None,
            created_at: now_ms,
            updated_at: now_ms,
            peak: None,
            place: 0,
            sent,
            canceled_by: None,
        }
    }
}

/// The part of an order's execution that concerns one position.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// The order, filled.
    pub order: &'a Order,
    /// The quantity of this part.
    pub qty: i128,
    /// The price.
    pub price: i128,
    /// `MAKER` or `TAKER`.
    pub role: &'static str,
    /// The tick whose quote was used.
    pub tick_id: Id,
}

impl Kind {
    const ALL: [(&'static str, Self); 7] = [
        ("MARKET", Self::Market),
        ("LIMIT", Self::Limit),
        ("STOP_MARKET", Self::StopMarket),
        ("STOP", Self::Stop),
        ("TAKE_PROFIT_MARKET", Self::TakeProfitMarket),
        ("TAKE_PROFIT", Self::TakeProfit),
        ("TRAILING_STOP_MARKET", Self::TrailingStopMarket),
    ];

    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, kind)| kind)
    }

    pub(crate) fn text(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).expect("every kind has a name").0
    }

    /// Reports whether an order of this kind names the price of its fill.
    pub(crate) const fn has_price(self) -> bool {
        matches!(self, Self::Limit | Self::Stop | Self::TakeProfit)
    }

    /// Reports whether a price as bad as the trigger sets the order off.
    pub(crate) const fn is_stop(self) -> bool {
        matches!(self, Self::StopMarket | Self::Stop)
    }

    /// Reports whether a price as good as the trigger sets the order off.
    pub(crate) const fn is_take_profit(self) -> bool {
        matches!(self, Self::TakeProfitMarket | Self::TakeProfit)
    }

    /// The close reason of a position that an order of this kind closes.
    pub(crate) const fn close_reason(self) -> &'static str {
        match self {
            Self::StopMarket | Self::Stop | Self::TrailingStopMarket => "STOP_LOSS",
            Self::TakeProfitMarket | Self::TakeProfit => "TAKE_PROFIT",
            Self::Market | Self::Limit => "MANUAL",
        }
    }
}

impl TimeInForce {
    const ALL: [(&'static str, Self); 5] = [
        ("GTC", Self::Gtc),
        ("IOC", Self::Ioc),
        ("FOK", Self::Fok),
        ("GTX", Self::Gtx),
        ("GTD", Self::Gtd),
    ];

    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, value)| value)
    }

    pub(crate) fn text(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, value)| *value == self).expect("every one has a name").0
    }

    /// Reports whether the order must fill at once or not at all.
    pub(crate) const fn is_immediate(self) -> bool {
        matches!(self, Self::Ioc | Self::Fok)
    }
}

impl Status {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Expired => "EXPIRED",
        }
    }
}

impl Order {
    /// Reports whether the position concerned is long: the one that a buy opens, or that a sale
    /// reduces.
    pub(crate) const fn is_of_long(&self) -> bool {
        self.is_buy != self.reduce_only
    }

    /// Reports whether the order is a limit order now: from the start, or since it was triggered.
    pub(crate) fn is_limit(&self) -> bool {
        self.kind == Kind::Limit || (self.kind.has_price() && self.activated_at.is_some())
    }

    /// The id of the position that it reverses, if it is a reversal.
    pub(crate) fn reverses(&self) -> Option<&str> {
        match &self.sent {
            Sent::Reverse { position_id, .. } => Some(position_id),
            Sent::Place(_) | Sent::Close | Sent::Attached => None,
        }
    }

    /// Reports whether it is a trailing stop that trails.
    pub(crate) fn is_trailing(&self) -> bool {
        self.kind == Kind::TrailingStopMarket && self.activated_at.is_some()
    }
}

impl Ended for Order {
    fn order_id(&self) -> &str {
        &self.order_id
    }

    fn user_id(&self) -> &str {
        &self.user_id
    }

    fn ended_at(&self) -> u64 {
        self.updated_at
    }
}
