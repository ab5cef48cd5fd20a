use super::*;
use hostile::{cases, damaged, nearly_json};
use messages::LEVERAGE_MAX;
use proptest::prelude::*;

fn problems(json: &str) -> Fields {
    let mut body = Body::parse(json.as_bytes()).unwrap();
    body.market("asset", &markets::shipped().into());
    body.side("orderType");
    body.leverage("leverage");
    body.qty("qty");
    body.optional_price("stopLoss");
    match body.finish() {
        Ok(()) => Fields::new(),
        Err(ApiError::Validation(fields)) => fields,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let found = problems(r#"{"leverage": 1.5, "qty": "x", "stopLoss": -1, "stoploss": 1}"#);
    let expected = [
        ("asset", "is required"),
        ("leverage", "must be a whole number from 1 to 100"),
        ("orderType", "is required"),
        ("qty", "is not a decimal number"),
        ("stopLoss", "must be above zero"),
        (
            "stoploss",
            "is not a field of this request; its fields are asset, leverage, orderType, qty, stopLoss",
        ),
    ];
    let expected = expected.map(|(field, problem)| (field.to_owned(), problem.to_owned()));
    assert_eq!(found, Fields::from(expected));
}

#[test]
fn numbers_keep_their_digits_however_they_are_written() {
    for json in ["0.00000001", "\"0.00000001\"", "1e-8", "10E-9", "\"1e-8\""] {
        let mut body = Body::parse(format!(r#"{{"qty": {json}}}"#).as_bytes()).unwrap();
        assert_eq!(body.qty("qty").map(Qty::scaled), Some(1), "{json}");
    }
    // A float has no room for these digits.
    let mut body = Body::parse(br#"{"qty": 90071992547.40993123}"#).unwrap();
    assert_eq!(body.qty("qty").map(Qty::scaled), Some(9_007_199_254_740_993_123));
}

#[test]
fn a_leverage_is_a_whole_number_however_it_is_written() {
    for json in ["10", "10.0", "1e1", "\"10\""] {
        let mut body = Body::parse(format!(r#"{{"leverage": {json}}}"#).as_bytes()).unwrap();
        assert_eq!(body.leverage("leverage"), Some(10), "{json}");
    }
    for json in ["0", "101", "9.9", "-1", "4294967297", "1e30", "\"\"", "true"] {
        let mut body = Body::parse(format!(r#"{{"leverage": {json}}}"#).as_bytes()).unwrap();
        assert_eq!(body.leverage("leverage"), None, "{json}");
    }
}

#[test]
fn what_is_wrong_with_a_number_is_said() {
    let rows = [
        ("0", "must be above zero"),
        ("-0.5", "must be above zero"),
        ("0.123456789", "has more than 8 decimals"),
        ("1e30", "is out of range"),
        ("1e99", "is out of range"),
        ("\"NaN\"", "is not a decimal number"),
        ("\"\"", "is not a decimal number"),
        ("true", "must be a number or a decimal string"),
        ("[1]", "must be a number or a decimal string"),
        ("null", "is required"),
    ];
    for (json, problem) in rows {
        let body =
            format!(r#"{{"asset": "btc", "orderType": "LONG", "leverage": "10", "qty": {json}}}"#);
        let found = problems(&body);
        assert_eq!(found, Fields::from([("qty".to_owned(), problem.to_owned())]), "{json}");
    }
}

#[test]
fn what_is_no_object_is_malformed() {
    let twice = "{\"a\":1,\"a\":2}";
    for json in ["", "[]", "1", "{", "{\"a\":1}x", "{\"a\":NaN}", twice, "\u{fffd}"] {
        let parsed = Body::parse(json.as_bytes());
        assert!(matches!(parsed, Err(ApiError::MalformedJson(_))), "{json}");
    }
}

#[test]
fn an_edit_tells_absent_from_null() {
    let mut body = Body::parse(br#"{"stopLoss": null, "takeProfit": "95.5"}"#).unwrap();
    assert_eq!(body.edit_price("stopLoss"), Edit::Remove);
    assert_eq!(body.edit_price("takeProfit"), Edit::Set("95.5".parse().unwrap()));
    assert_eq!(body.edit_price("stopLoss"), Edit::Keep);
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// Handlers rely on this: a body that was read to its end has every field.
    #[test]
    fn hostile_bodies(json in nearly_json(&[
        r#"{"asset":"BTCUSDT","orderType":"LONG","leverage":10,"qty":0.01,"stopLoss":90000}"#,
        r#"{"asset":"eth","orderType":"SHORT","leverage":"1e1","qty":"1","stopLoss":null}"#,
    ])) {
        if let Ok(mut body) = Body::parse(json.as_bytes()) {
            let markets = markets::shipped().into();
            let (asset, side) = (body.market("asset", &markets), body.side("orderType"));
            let (leverage, qty) = (body.leverage("leverage"), body.qty("qty"));
            let stop_loss = body.optional_price("stopLoss");
            match body.finish() {
                Ok(()) => {
                    prop_assert!(asset.is_some() && side.is_some());
                    prop_assert!(leverage.is_some_and(|leverage| (1..=LEVERAGE_MAX.into()).contains(&leverage)));
                    prop_assert!(qty.is_some_and(|qty| qty.is_positive() && qty.to_i64().is_ok()));
                    prop_assert!(stop_loss.is_none_or(Price::is_positive));
                }
                Err(ApiError::Validation(fields)) => {
                    prop_assert!(!fields.is_empty() && fields.values().all(|problem| !problem.is_empty()));
                }
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }

    #[test]
    fn hostile_bytes(bytes in damaged(vec![br#"{"email":"a@b.example","phone":"+1 555 0100"}"#.to_vec()])) {
        if let Ok(mut body) = Body::parse(&bytes) {
            let (email, phone) = (body.text("email"), body.digits("phone"));
            if body.finish().is_ok() {
                prop_assert!(email.is_some_and(|email| !email.contains('\0')) && phone.is_some());
            }
        }
    }
}
