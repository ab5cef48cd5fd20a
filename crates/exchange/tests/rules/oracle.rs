//! The test oracle: the model, which reads the same entries as raw texts.

use exchange::{Exchange, Outcome};
use messages::{
    EntryId, Fields, GetOpenOrders, MARK_DEVIATION_MAX_BPS, MAX_OPEN_ORDERS, OrderId, OrderRef,
    PositionState, Query, RequestEntry, Response, STALE_MARK_MS, StreamMessage, UserId,
};
use model::{Entry, Id, Model, Symbol, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The number of last events of each account whose numbers are asked for.
const LAST_NUMBERS: u64 = 12;

/// A model beside an exchange.
pub struct Oracle {
    /// The name of the history, for failures.
    name: String,
    model: Model,
}

impl Oracle {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), model: Model::default() }
    }

    /// The model, in which a history looks for orders and positions.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Applies an entry to the model alone.
    pub fn apply(&mut self, id: EntryId, entry: &RequestEntry) -> model::Outcome {
        self.model.apply(&raw(id, &entry.encode()))
    }

    /// Applies an entry to the model, and compares the answer and the events of the exchange with
    /// the model's, as they stand on the wire.
    pub fn check(&mut self, id: EntryId, entry: &RequestEntry, outcome: &Outcome) {
        let expected = self.apply(id, entry);
        let context = || format!("{}, {id}: {entry:?}", self.name);
        check_answer(outcome, &expected.verdict, context);
        assert_eq!(outcome.events.len(), expected.events.len(), "{}", context());
        for ((n, event), expected) in (0..).zip(&outcome.events).zip(expected.events) {
            assert_eq!(raw_id(id.output(n)), raw_id(id).output(n.into()), "{}", context());
            check_event(&event.encode(), &expected, id, context);
        }
    }

    /// Compares totals, limits, instruments and balance sheets.
    pub fn check_state(&self, real: &Exchange) {
        let Self { name, model } = self;
        real.check_invariants().unwrap();
        let encoded = real.freeze().encode();
        let restored = Exchange::restore(&encoded.bytes, &encoded.hash).unwrap();
        assert_eq!(restored.freeze().encode().hash, encoded.hash, "{name}");
        assert_eq!(model.difference(), 0, "{name}: money was made or lost");
        let ledger = real.ledger();
        let totals = [ledger.deposits, ledger.balances, ledger.locked, ledger.house];
        let expected = [model.deposits, model.balances(), model.locked(), model.house];
        let funds = [ledger.fees, ledger.insurance].map(price::Usd::scaled);
        assert_eq!(funds, [model.fees, model.insurance], "{name}");
        assert_eq!(totals.map(price::Usd::scaled), expected, "{name}");
        assert_eq!(ledger.shortfall.scaled(), model.shortfall, "{name}");
        let counts = (real.account_count(), real.open_positions());
        assert_eq!(counts, (model.accounts.len(), model.open_count()), "{name}");
        self.check_limits(real);
        for user_id in model.accounts.keys() {
            self.check_account(real, user_id);
        }
        for equity in real.freeze().equities() {
            let expected = model.balance_sheet(&equity.user_id.to_string());
            let found = (equity.wallet_balance, equity.unrealized_pnl);
            let found = (found.0.scaled(), found.1.scaled());
            let sum = expected.balance + expected.used_margin + expected.reserved;
            assert_eq!(found, (sum, expected.unrealized_pnl), "{name}, {}", equity.user_id);
        }
    }

    fn check_limits(&self, real: &Exchange) {
        let Self { name, model } = self;
        assert_eq!(real.pause().is_some(), model.is_paused, "{name}");
        let rules = real.rules();
        let expected = model::Rules {
            max_open_positions: rules.max_open_positions as usize,
            stale_price_ms: rules.stale_price_ms,
            closed_retention_ms: rules.closed_retention_ms,
            closed_retention_max: rules.closed_retention_max as usize,
            order_id_retention_ms: rules.order_id_retention_ms,
            clock_lead_max_ms: rules.clock_lead_max_ms,
            max_open_orders: rules.max_open_orders.unwrap_or(MAX_OPEN_ORDERS) as usize,
            stale_mark_ms: rules.stale_mark_ms.unwrap_or(STALE_MARK_MS),
            mark_deviation_max_bps: rules
                .mark_deviation_max_bps
                .unwrap_or(MARK_DEVIATION_MAX_BPS)
                .into(),
        };
        assert_eq!(expected, model.rules, "{name}");
        let instruments = real.instruments().map(|instrument| {
            (Symbol::read(instrument.symbol.as_str()).unwrap(), parameters(instrument))
        });
        assert_eq!(instruments.collect::<BTreeMap<_, _>>(), model.instruments);
    }

    /// Compares the resting orders of every account, oldest first, its position mode and its
    /// leverages.
    pub fn check_settings(&self, real: &Exchange) {
        let Self { name, model } = self;
        for user_id in model.accounts.keys() {
            let user = UserId(user_id.parse().unwrap());
            let answer = real.answer(user, Query::GetOpenOrders(GetOpenOrders::default()));
            let Ok(Response::OpenOrders { orders }) = answer else { panic!("{answer:?}") };
            let expected: Vec<Value> = model.resting_of(user_id).into_iter().map(resting).collect();
            assert_eq!(json!(orders), json!(expected), "{name}, {user_id}");
            let answer = real.answer(user, Query::GetAccountSettings);
            let Ok(Response::AccountSettings { settings }) = answer else { panic!("{answer:?}") };
            assert_eq!(settings.mode.as_str(), model.mode(user_id).text(), "{name}, {user_id}");
            let by_symbol = |(symbol, leverage): &(messages::Symbol, u8)| {
                (symbol.to_string(), i128::from(*leverage))
            };
            let found: BTreeMap<_, _> = settings.leverages.iter().map(by_symbol).collect();
            let expected = model.chosen_leverages(user_id);
            let expected = expected.map(|(symbol, leverage)| (symbol.to_string(), leverage));
            assert_eq!(found, expected.collect(), "{name}, {user_id}");
        }
    }

    fn check_account(&self, real: &Exchange, user_id: &str) {
        let Self { name, model } = self;
        let user = UserId(user_id.parse().unwrap());
        let answer = real.answer(user, Query::GetBalance);
        let Ok(Response::Balance { balance }) = answer else { panic!("no balance: {answer:?}") };
        let expected = model::BalanceSheet {
            balance: balance.balance.scaled(),
            used_margin: balance.used_margin.scaled(),
            reserved: balance.reserved.scaled(),
            unrealized_pnl: balance.unrealized_pnl.scaled(),
            equity: balance.equity.scaled(),
        };
        assert_eq!(expected, model.balance_sheet(user_id), "{name}, {user_id}");
    }

    /// Checks that the exchange has these orders in memory if and only if the model has.
    pub fn check_orders(&self, real: &Exchange, order_ids: impl Iterator<Item = u128>) {
        for order_id in order_ids.map(|n| OrderId(Uuid::from_u128(n))) {
            let found = real.find_order(order_id);
            let expected = self.model.known_position(&order_id.to_string());
            let is_closed = |order: &PositionState| matches!(order, PositionState::Closed(_));
            let should_be_closed =
                |order: &model::PositionState| matches!(order, model::PositionState::Closed(_));
            let found = found.as_ref().map(is_closed);
            let expected = expected.as_ref().map(should_be_closed);
            assert_eq!(found, expected, "{}, order {order_id}", self.name);
        }
    }

    /// Compares the open orders of every account, newest first, and the contents of these orders in
    /// memory, with the number of closed ones.
    pub fn check_memory(&self, real: &Exchange, order_ids: impl Iterator<Item = u128>) {
        for order_id in order_ids.map(|n| OrderId(Uuid::from_u128(n))) {
            let found = real.find_order(order_id).map(|order| json!(order));
            let expected = self.model.known_position(&order_id.to_string());
            let expected = expected.map(|order| order.message());
            assert_eq!(found, expected, "{}, order {order_id}", self.name);
        }
        for user_id in self.model.accounts.keys() {
            let answer = real.answer(UserId(user_id.parse().unwrap()), Query::GetUserOrders);
            let Ok(Response::Positions { orders }) = answer else { panic!("{answer:?}") };
            let open = self.model.open_of(user_id);
            let expected: Vec<Value> =
                open.map(|position| self.model.valued(position).message()).collect();
            assert_eq!(json!(orders), json!(expected), "{}, {user_id}", self.name);
        }
        let known = self.model.closed.known_count();
        assert_eq!(real.freeze().encode().summary.closed_orders, known, "{}", self.name);
    }

    /// Compares what every account is told about these orders, about those with these ids of its own,
    /// and about those that its last events may have told of: an order that rests or has ended, or
    /// that there is none.
    pub fn check_placed(
        &self,
        real: &Exchange,
        order_ids: impl Iterator<Item = u128>,
        client_order_ids: impl Iterator<Item = String>,
    ) {
        let by_id = order_ids.map(|n| OrderId(Uuid::from_u128(n)).into());
        for reference in by_id.chain(client_order_ids.map(OrderRef::called)) {
            for user_id in self.model.accounts.keys() {
                self.check_placed_order(real, user_id, &reference);
            }
        }
        for (user_id, account) in &self.model.accounts {
            for number in account.sequence.saturating_sub(LAST_NUMBERS)..=account.sequence + 1 {
                self.check_placed_order(real, user_id, &OrderRef::numbered(number));
            }
        }
    }

    fn check_placed_order(&self, real: &Exchange, user_id: &str, reference: &OrderRef) {
        let user = UserId(user_id.parse().unwrap());
        let found = real.answer(user, Query::GetPlacedOrder(reference.clone()));
        let order_id = reference.order_id.map(|order_id| order_id.to_string());
        let names = model::Names {
            order_id: order_id.as_deref(),
            client_id: reference.client_order_id.as_deref(),
            sequence: reference.sequence,
        };
        let context = || format!("{}, {user_id}: {reference:?}", self.name);
        match self.model.placed_order(user_id, names) {
            Some(order) => {
                let mut expected = json!({
                    "type": "PLACED_ORDER",
                    "order": order.message(),
                    "account": self.model.accounts[user_id].message(),
                    "repeated": false,
                });
                if let Some(price) = order.resting_stop_price() {
                    expected["stopPriceInt"] = price.to_string().into();
                }
                assert_eq!(json!(found.unwrap()), expected, "{}", context());
            }
            None => assert_eq!(found.unwrap_err().code(), "ORDER_NOT_FOUND", "{}", context()),
        }
    }
}

/// The parameters of an instrument as the model has them.
fn parameters(instrument: &messages::Instrument) -> model::Instrument {
    use messages::{FillPolicy, FundingSource, InstrumentStatus, LiquidationModel, PriceSource};
    let brackets = instrument.brackets.iter().map(|bracket| model::Bracket {
        notional_cap: bracket.notional_cap.scaled(),
        max_leverage: bracket.max_leverage.into(),
        maintenance_ppm: bracket.maintenance_ppm.into(),
        maintenance_amount: bracket.maintenance_amount.scaled(),
    });
    let funding = instrument.funding.map(|funding| model::Funding {
        source: match funding.source {
            FundingSource::Venue => model::FundingSource::Venue,
            FundingSource::Premium => model::FundingSource::Premium,
        },
        interval_hours: funding.interval_hours.into(),
        cap_ppm: funding.cap_ppm.into(),
    });
    model::Instrument {
        max_leverage: instrument.max_leverage.into(),
        liquidation_loss_bps: instrument.liquidation_loss_bps.into(),
        stale_price_ms: instrument.stale_price_ms,
        price_tick: instrument.price_tick.map(price::Price::scaled),
        quantity_step: instrument.quantity_step.map(price::Qty::scaled),
        min_notional: instrument.min_notional.map(price::Usd::scaled),
        min_quantity: instrument.min_quantity.map(price::Qty::scaled),
        brackets: brackets.collect(),
        maker_fee_ppm: instrument.maker_fee_ppm.into(),
        taker_fee_ppm: instrument.taker_fee_ppm.into(),
        liquidation_fee_ppm: instrument.liquidation_fee_ppm.into(),
        funding,
        liquidation_model: match instrument.liquidation_model {
            LiquidationModel::MarginLoss => model::LiquidationModel::MarginLoss,
            LiquidationModel::Maintenance => model::LiquidationModel::Maintenance,
        },
        trigger_price: match instrument.trigger_price {
            PriceSource::Quote => model::TriggerPrice::Quote,
            PriceSource::Mark => model::TriggerPrice::Mark,
        },
        fill: match instrument.fill {
            FillPolicy::Last => model::FillAt::Last,
            FillPolicy::Next => model::FillAt::Next,
        },
        open_interest_cap: instrument.open_interest_cap.map(price::Qty::scaled),
        status: match instrument.status {
            InstrumentStatus::Trading => model::TradingStatus::Trading,
            InstrumentStatus::ReduceOnly => model::TradingStatus::ReduceOnly,
            InstrumentStatus::Halted => model::TradingStatus::Halted,
        },
    }
}

/// A resting order as the exchange shows it, with the price at which a trailing stop trades.
fn resting(order: &model::Order) -> Value {
    let mut message = order.message();
    if let Some(price) = order.stop_price() {
        message["stopPriceInt"] = price.to_string().into();
    }
    message
}

/// Compares an answer with the verdict. Where several reasons to reject a request hold, the sender
/// is told any of them.
fn check_answer(outcome: &Outcome, verdict: &Verdict, context: impl Fn() -> String) {
    match (&outcome.response, verdict) {
        (Ok(Response::Done), Verdict::Done) => {}
        (Err(rejection), Verdict::Rejected(reasons)) => {
            let code = rejection.code();
            assert!(reasons.contains(&code), "{code} is not in {reasons:?}: {}", context());
        }
        (Ok(response), _) => {
            assert_eq!(Some(json!(response)), verdict.response(), "{verdict:?}: {}", context());
        }
        (Err(rejection), _) => panic!("{rejection:?}, not {verdict:?}: {}", context()),
    }
}

/// Compares the fields of an event with the model's, the payload as JSON.
fn check_event(
    fields: &Fields,
    expected: &model::Event,
    id: EntryId,
    context: impl Fn() -> String,
) {
    let mut texts: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name, str::from_utf8(value).unwrap())).collect();
    let (_, payload) = texts.pop().filter(|(name, _)| *name == "payload").unwrap();
    let payload: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(payload, expected.payload, "{}", context());
    let timestamp = id.ms.to_string();
    let mut expected_texts = vec![("v", "1"), ("type", expected.kind)];
    expected_texts.extend(expected.request_id.as_deref().map(|text| ("requestId", text)));
    expected_texts.extend([("userId", &expected.user_id[..]), ("timestamp", &timestamp)]);
    assert_eq!(texts, expected_texts, "{}", context());
}

/// An entry as Redis holds it.
fn raw(id: EntryId, fields: &Fields) -> Entry {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let fields = fields.iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    Entry { id: raw_id(id), fields }
}

const fn raw_id(id: EntryId) -> Id {
    Id { ms: id.ms, seq: id.seq }
}
