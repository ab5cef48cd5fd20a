//! Requests of clients, and the answers.

use serde_json::{Value, json};

/// The maximum length of a message: one that subscribes to every stream that a connection may have
/// fits.
pub const MESSAGE_LEN_MAX: usize = 64 * 1024;

/// The maximum number of streams of a connection.
pub const STREAMS_MAX: usize = 1_024;

/// The code of every error.
const INVALID_REQUEST: u32 = 2;

/// A request with the id that its answer has.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// A number or a text; null if there is none.
    pub id: Value,
    pub method: Method,
}

/// The part of a request that says what to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Method {
    Subscribe(Vec<String>),
    Unsubscribe(Vec<String>),
    ListSubscriptions,
    /// Says whether events are to be wrapped with the name of their stream.
    SetCombined(bool),
    /// Asks whether they are.
    IsCombined,
}

/// A request that can't be executed.
#[derive(Debug, PartialEq)]
pub struct Invalid {
    pub id: Value,
    pub problem: String,
}

impl Request {
    /// Parses a text message.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unnamed = |problem: String| Invalid { id: Value::Null, problem };
        let value = serde_json::from_str(text)
            .map_err(|error| unnamed(format!("Invalid JSON: {error}")))?;
        let Value::Object(fields) = value else {
            return Err(unnamed("Invalid request: a request must be a JSON object".to_owned()));
        };
        let field = |name| fields.get(name).unwrap_or(&Value::Null);
        let id = field("id").clone();
        let (Value::Null | Value::Number(_) | Value::String(_)) = id else {
            let problem = "Invalid request: request ID must be a number or a string";
            return Err(unnamed(problem.to_owned()));
        };
        let method = field("method").as_str().unwrap_or_default();
        match self::method(method, field("params")) {
            Ok(method) => Ok(Self { id, method }),
            Err(problem) => Err(Invalid { id, problem: format!("Invalid request: {problem}") }),
        }
    }
}

fn method(name: &str, params: &Value) -> Result<Method, &'static str> {
    match name {
        "SUBSCRIBE" => names(params).map(Method::Subscribe),
        "UNSUBSCRIBE" => names(params).map(Method::Unsubscribe),
        "LIST_SUBSCRIPTIONS" => Ok(Method::ListSubscriptions),
        "SET_PROPERTY" => match params.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::Bool(is_combined)]) if name == "combined" => {
                Ok(Method::SetCombined(*is_combined))
            }
            _ => Err("the only property is combined, true or false"),
        },
        "GET_PROPERTY" => match params.as_array().map(Vec::as_slice) {
            Some([Value::String(name)]) if name == "combined" => Ok(Method::IsCombined),
            _ => Err("the only property is combined"),
        },
        _ => Err("method must be SUBSCRIBE, UNSUBSCRIBE or LIST_SUBSCRIPTIONS"),
    }
}

fn names(params: &Value) -> Result<Vec<String>, &'static str> {
    let problem = "params must be an array of stream names";
    let names = params.as_array().ok_or(problem)?;
    names.iter().map(|name| name.as_str().map(str::to_owned).ok_or(problem)).collect()
}

/// Encodes the answer to a request.
pub fn answer(id: &Value, result: &Value) -> String {
    json!({ "result": result, "id": id }).to_string()
}

/// Encodes the answer to a request that can't be executed.
pub fn error(id: &Value, problem: &str) -> String {
    json!({ "error": { "code": INVALID_REQUEST, "msg": problem }, "id": id }).to_string()
}

/// Wraps an event with the name of its stream.
pub fn combined(name: &str, event: &str) -> String {
    let name = Value::from(name);
    format!(r#"{{"stream":{name},"data":{event}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::{cases, nearly_json};

    #[test]
    fn an_id_comes_back_as_it_was() {
        for (text, id) in [
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":7}"#, json!(7)),
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":"a-b"}"#, json!("a-b")),
            (r#"{"method":"LIST_SUBSCRIPTIONS"}"#, Value::Null),
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":-1}"#, json!(-1)),
        ] {
            let request = Request::parse(text).unwrap();
            assert_eq!(request, Request { id, method: Method::ListSubscriptions }, "{text}");
        }
    }

    #[test]
    fn a_wrong_request_says_why_and_keeps_its_id() {
        let rows = [
            ("", Value::Null, "Invalid JSON"),
            ("[]", Value::Null, "must be a JSON object"),
            (r#"[7,"LIST_SUBSCRIPTIONS",[]]"#, Value::Null, "must be a JSON object"),
            ("null", Value::Null, "must be a JSON object"),
            (r#"{"method":"SUBSCRIBE","params":"a","id":3}"#, json!(3), "array of stream names"),
            (
                r#"{"method":"SUBSCRIBE","params":[1],"id":"x"}"#,
                json!("x"),
                "array of stream names",
            ),
            (r#"{"method":"subscribe","params":[],"id":3}"#, json!(3), "must be SUBSCRIBE"),
            (r#"{"id":3}"#, json!(3), "must be SUBSCRIBE"),
            (r#"{"method":5,"id":3}"#, json!(3), "must be SUBSCRIBE"),
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":[1]}"#, Value::Null, "number or a string"),
        ];
        for (text, id, part) in rows {
            let invalid = Request::parse(text).unwrap_err();
            assert!(invalid.id == id && invalid.problem.contains(part), "{text}: {invalid:?}");
        }
        let answer: Value = serde_json::from_str(&error(&json!("x"), "why")).unwrap();
        assert_eq!(answer, json!({ "error": { "code": 2, "msg": "why" }, "id": "x" }));
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        #[test]
        fn hostile_requests(text in nearly_json(&[
            r#"{"method":"SUBSCRIBE","params":["btcusdt@trade","a"],"id":"7f"}"#,
            r#"{"method":"SET_PROPERTY","params":["combined",true],"id":1}"#,
            r#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#,
        ])) {
            let answer = match Request::parse(&text) {
                Ok(Request { id, .. }) => answer(&id, &Value::Null),
                Err(Invalid { id, problem }) => error(&id, &problem),
            };
            prop_assert!(serde_json::from_str::<Value>(&answer).is_ok());
        }

        #[test]
        fn hostile_names_are_wrapped_as_json(name in ".*") {
            let text = combined(&name, "{}");
            prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap()["stream"], &json!(name));
        }
    }
}
