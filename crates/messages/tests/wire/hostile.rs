//! Decoding any entry or channel message gives a message that can be encoded and decoded again, or
//! an error that names the field and is short enough for a log.

use crate::examples;
use crate::examples::ETH;
use messages::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use testkit::hostile::{RawFields, cases, damaged_fields, nearly_json};

/// The maximum length of an error text, including the field's name.
const ERROR_LEN_MAX: usize = 1_000;

fn raw(message: &impl StreamMessage) -> RawFields {
    message.encode().iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

fn any_entry() -> impl Strategy<Value = Fields> {
    let mut entries: Vec<RawFields> = Vec::new();
    entries.extend(examples::requests().iter().map(raw));
    entries.extend(examples::queries().iter().map(raw));
    entries.extend(examples::events().iter().map(raw));
    entries.extend(examples::market_data().iter().map(raw));
    entries.extend(examples::mails().iter().map(raw));
    damaged_fields(entries).prop_map(Fields::from_iter)
}

/// The messages of the channels and keys, as JSON.
fn any_json() -> impl Strategy<Value = String> {
    let notifications = examples::events().into_iter().map(|event| {
        let id = EntryId::new(event.timestamp_ms, 7).output(0);
        Notification { id, event }.to_json()
    });
    let engine = EngineStatus {
        untrusted_marks: Vec::new(),
        status: EngineState::Ready,
        timestamp_ms: 1_703_001_234_567,
        message: "trading".to_owned(),
        shards: 4,
    };
    let feed = FeedStatus {
        feed: Feed::Sim,
        connected: true,
        timestamp_ms: 1_703_001_234_567,
        message: "simulated prices".to_owned(),
        disputed: vec![DisputedPrice {
            symbol: ETH,
            reason: DisputeReason::Held,
            since_ms: 1_703_001_234_000,
            held: Some("3100.5".parse().unwrap()),
        }],
        recording: Some("lines skipped: 1".to_owned()),
    };
    let statuses = [serde_json::to_string(&engine).unwrap(), serde_json::to_string(&feed).unwrap()];
    let texts: Vec<String> = examples::replies()
        .iter()
        .map(Reply::to_json)
        .chain(notifications)
        .chain([examples::market_price().to_json()])
        .chain(statuses)
        .collect();
    nearly_json(&texts)
}

fn check_entry<T: StreamMessage + PartialEq + Debug>(fields: &Fields) -> TestCaseResult {
    match T::decode(fields) {
        Ok(message) => prop_assert_eq!(T::decode(&message.encode()), Ok(message)),
        Err(error) => check_error(&error)?,
    }
    Ok(())
}

fn check_error(error: &DecodeError) -> TestCaseResult {
    prop_assert!(!error.field.is_empty() && !error.problem.is_empty());
    let text = error.to_string();
    prop_assert!(text.len() <= ERROR_LEN_MAX, "{} bytes: {text:.200}", text.len());
    Ok(())
}

fn check_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &str) -> TestCaseResult {
    if let Ok(message) = serde_json::from_str::<T>(json) {
        let again = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<T>(&again).unwrap(), message);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn entries(fields in any_entry()) {
        check_entry::<RequestEntry>(&fields)?;
        check_entry::<QueryEntry>(&fields)?;
        check_entry::<Event>(&fields)?;
        check_entry::<MarketData>(&fields)?;
        check_entry::<MailEntry>(&fields)?;
    }

}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn channels_and_keys(json in any_json()) {
        check_json::<Reply>(&json)?;
        check_json::<MarketPrice>(&json)?;
        check_json::<Trade>(&json)?;
        check_json::<EngineStatus>(&json)?;
        check_json::<FeedStatus>(&json)?;
        match Notification::from_json(&json) {
            Ok(message) => {
                prop_assert_eq!(Notification::from_json(&message.to_json()), Ok(message));
            }
            Err(error) => check_error(&error)?,
        }
    }

    #[test]
    fn ids(text in testkit::hostile::damaged_text(&[
        "1703001234567-0", "0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11", "BTCUSDT", "15m", "LONG",
    ])) {
        if let Ok(id) = text.parse::<EntryId>() {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(id) = text.parse::<UserId>() {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(symbol) = text.parse::<Symbol>() {
            prop_assert_eq!(symbol.as_str(), &text);
        }
        if let Ok(timeframe) = text.parse::<Timeframe>() {
            prop_assert_eq!(timeframe.as_str(), &text);
        }
        if let Ok(side) = text.parse::<Side>() {
            prop_assert_eq!(side.as_str(), &text);
        }
    }
}

#[test]
fn candles_of_a_time_that_no_clock_has_are_written_again() {
    let [_, MarketData::History(mut history), _] = examples::market_data() else {
        panic!("candles")
    };
    history.parts[0].until_s = u64::MAX;
    let history = MarketData::History(history);
    assert_eq!(MarketData::decode(&history.encode()), Ok(history));
}

#[test]
fn an_error_does_not_repeat_all_that_was_sent() {
    let long = "9".repeat(1_000_000);
    let entry = |kind: &str, payload: String| -> Fields {
        let fields = [("type", kind.to_owned()), ("payload", payload)];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
    };
    for fields in [
        entry(&long, "{}".to_owned()),
        entry("TRADE", format!("{{\"priceInt\":\"{long}\"}}")),
        entry("TRADE", format!("{{\"{long}\":[}}")),
    ] {
        let error = MarketData::decode(&fields).unwrap_err();
        assert!(error.to_string().len() <= ERROR_LEN_MAX, "{:.300}", error.to_string());
    }
}
