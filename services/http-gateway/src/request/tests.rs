use super::*;
use crate::market_list::Asset;
use axum::http::{HeaderName, HeaderValue};
use markets::Markets;
use messages::{Edit, LEVERAGE_MAX, Side, Symbol};
use price::{Price, Qty};
use proptest::prelude::*;
use testkit::hostile::{cases, damaged, nearly_json};
use utoipa::PartialSchema as _;

requests! {
    /// An order with one price.
    pub struct Ticket in JsonBody given Markets {
        market: Asset = "asset";
        side: Side = "orderType";
        leverage: Leverage = "leverage";
        qty: Positive<Qty> = "qty";
        stop_loss: Nullable<Positive<Price>> = "stopLoss";
    }

    /// One quantity.
    pub struct OneQty in JsonBody {
        qty: Positive<Qty> = "qty";
    }

    /// One leverage.
    pub struct OneLeverage in JsonBody {
        leverage: Leverage = "leverage";
    }

    /// A change of prices.
    pub struct Change in JsonBody {
        stop_loss: Edit<Positive<Price>> = "stopLoss";
        take_profit: Edit<Positive<Price>> = "takeProfit";
        price_limit: Edit<Positive<Price>> = "priceLimit";
        /// Whether the prices must be.
        sure: Flag = "sure", true,
            check: |sure, ()| match (sure, &stop_loss) {
                (true, Some(Edit::Remove)) => Err("requires stopLoss".into()),
                _ => Ok(()),
            };
    }

    /// One count.
    pub struct OneCount in Path {
        limit: Count<9> = "limit";
    }

    /// A page of a list.
    pub struct List in Query given Markets {
        market: Asset = "asset";
        limit: Defaulted<Count<9>, 5> = "limit";
    }
}

fn read<T: Request>(json: &str, given: &T::Given) -> Result<T, ApiError> {
    Body::parse(json.as_bytes())?.read(given)
}

fn problems<T>(outcome: Result<T, ApiError>) -> Fields {
    match outcome {
        Ok(_) => Fields::new(),
        Err(ApiError::Validation(fields)) => fields,
        Err(other) => panic!("{other:?}"),
    }
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> Fields {
    fields.map(|(field, problem)| (field.to_owned(), problem.to_owned())).into()
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let json = r#"{"leverage": 1.5, "qty": "x", "stopLoss": -1, "stoploss": 1}"#;
    let found = problems(read::<Ticket>(json, &markets::shipped().into()));
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
    assert_eq!(found, fields(expected));
}

#[test]
fn a_right_request_is_read_into_its_types() {
    let json = r#"{"asset":"eth","orderType":"SHORT","leverage":"1e1","qty":"1","stopLoss":null}"#;
    let ticket: Ticket = read(json, &markets::shipped().into()).unwrap();
    assert_eq!((ticket.market, ticket.side), (Symbol::from_static("ETHUSDT"), Side::Short));
    assert_eq!((ticket.leverage, ticket.qty), (10, "1".parse().unwrap()));
    assert_eq!(ticket.stop_loss, None);
}

#[test]
fn numbers_keep_their_digits_however_they_are_written() {
    let qty = |json: &str| read::<OneQty>(&format!(r#"{{"qty": {json}}}"#), &()).unwrap().qty;
    for json in ["0.00000001", "\"0.00000001\"", "1e-8", "10E-9", "\"1e-8\""] {
        assert_eq!(qty(json).scaled(), 1, "{json}");
    }
    // A float has no room for these digits.
    assert_eq!(qty("90071992547.40993123").scaled(), 9_007_199_254_740_993_123);
}

#[test]
fn a_leverage_is_a_whole_number_however_it_is_written() {
    let leverage = |json: &str| {
        let one = read::<OneLeverage>(&format!(r#"{{"leverage": {json}}}"#), &());
        one.ok().map(|one| one.leverage)
    };
    for json in ["10", "10.0", "1e1", "\"10\""] {
        assert_eq!(leverage(json), Some(10), "{json}");
    }
    for json in ["0", "101", "9.9", "-1", "4294967297", "1e30", "\"\"", "true"] {
        assert_eq!(leverage(json), None, "{json}");
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
        let found = problems(read::<Ticket>(&body, &markets::shipped().into()));
        assert_eq!(found, fields([("qty", problem)]), "{json}");
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
    let change: Change = read(r#"{"stopLoss": null, "takeProfit": "95.5"}"#, &()).unwrap();
    assert_eq!(change.stop_loss, Edit::Remove);
    assert_eq!(change.take_profit, Edit::Set("95.5".parse().unwrap()));
    assert_eq!(change.price_limit, Edit::Keep);
    assert!(!change.sure);
}

#[test]
fn a_check_sees_the_fields_above_it() {
    let change = |json| problems(read::<Change>(json, &()));
    let refused = fields([("sure", "requires stopLoss")]);
    assert_eq!(change(r#"{"stopLoss": null, "sure": true}"#), refused);
    assert_eq!(change(r#"{"stopLoss": 1, "sure": true}"#), Fields::new());
    // It is not blamed for an invalid field above it.
    let refused = fields([("stopLoss", "must be above zero")]);
    assert_eq!(change(r#"{"stopLoss": 0, "sure": true}"#), refused);
    assert_eq!(change(r#"{"sure": null}"#), fields([("sure", "must be true or false")]));
}

#[test]
fn every_occurrence_of_a_parameter_must_be_right_and_the_last_one_counts() {
    let markets = markets::shipped().into();
    let list = |query| Input::Query(query).read::<List>(&markets);
    let right = list("asset=eth&limit=1&&limit=2&asset=BTCUSDT").unwrap();
    assert_eq!((right.market, right.limit), (Symbol::from_static("BTCUSDT"), 2));
    assert_eq!(list("asset=eth").unwrap().limit, 5);
    let limit = ("limit", "must be a whole number from 1 to 9");
    for query in ["asset=eth&limit=0&limit=2", "asset=eth&limit=2&limit=", "limit=1e0&asset=eth"] {
        assert_eq!(problems(list(query)), fields([limit]), "{query}");
    }
    let asset = ("asset", "must be one of BTCUSDT, ETHUSDT, SOLUSDT");
    let unknown = ("Limit", "is not a parameter of this request");
    assert_eq!(problems(list("Limit=1&limit=x")), fields([asset, unknown, limit]));
    assert_eq!(problems(list("asset=e%74h")), fields([asset]));
}

#[test]
fn a_parameter_of_a_path_and_a_header_are_texts() {
    let path = |text: &str| BTreeMap::from([("limit".to_owned(), text.to_owned())]);
    let read = |input: Input<'_>| input.read::<OneCount>(&());
    assert_eq!(read(Input::Path(Some(path("7")))).unwrap().limit, 7);
    let refused = fields([("limit", "must be valid UTF-8")]);
    assert_eq!(problems(read(Input::Path(None))), refused);
    let headers = |value: &[u8]| {
        let value = HeaderValue::from_bytes(value).unwrap();
        HeaderMap::from_iter([(HeaderName::from_static("limit"), value)])
    };
    assert_eq!(read(Input::Headers(&headers(b"8"))).unwrap().limit, 8);
    assert_eq!(problems(read(Input::Headers(&headers(b"8\xff")))), refused);
    assert_eq!(
        problems(read(Input::Headers(&HeaderMap::new()))),
        fields([("limit", "is required")])
    );
}

#[test]
fn a_description_has_what_is_read() {
    let schema = serde_json::to_value(Change::schema()).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    let flag = serde_json::json!({
        "type": "boolean", "description": "Whether the prices must be.", "examples": [true],
    });
    assert_eq!(schema["properties"]["sure"], flag);
    let component = serde_json::json!({ "$ref": "#/components/schemas/PositiveDecimal" });
    let price = serde_json::json!({ "oneOf": [component, { "type": "null" }] });
    assert_eq!(schema["properties"]["stopLoss"], price);
    assert!(schema.get("required").is_none());
    let schema = serde_json::to_value(Ticket::schema()).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["asset", "orderType", "leverage", "qty"]));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn hostile_bodies(json in nearly_json(&[
        r#"{"asset":"BTCUSDT","orderType":"LONG","leverage":10,"qty":0.01,"stopLoss":90000}"#,
        r#"{"asset":"eth","orderType":"SHORT","leverage":"1e1","qty":"1","stopLoss":null}"#,
    ])) {
        if let Ok(body) = Body::parse(json.as_bytes()) {
            match body.read(&markets::shipped().into()) {
                Ok(Ticket { leverage, qty, stop_loss, .. }) => {
                    prop_assert!((1..=LEVERAGE_MAX.into()).contains(&leverage));
                    prop_assert!(qty.is_positive() && qty.to_i64().is_ok());
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
    fn hostile_bytes(bytes in damaged(vec![br#"{"qty":"1e-3"}"#.to_vec()])) {
        if let Ok(OneQty { qty }) = Body::parse(&bytes).and_then(|body| body.read(&())) {
            prop_assert!(qty.is_positive());
        }
    }
}
