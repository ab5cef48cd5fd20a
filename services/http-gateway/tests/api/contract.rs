//! Checks every response that a test gets against the API's description.

use http_gateway::openapi;
use jsonschema::{Draft, Validator};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The description, parsed as a client would.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

pub struct Contract {
    pub document: Value,
    pub operations: Vec<Operation>,
    error: Validator,
}

pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    /// The operation's object, with the responses, headers and examples that it refers to.
    pub object: Value,
    pub responses: BTreeMap<u16, Response>,
}

pub struct Response {
    headers: Vec<String>,
    body: Option<Validator>,
    /// Whether the body may be a file instead.
    may_be_csv: bool,
}

impl Contract {
    fn read() -> Self {
        let document: Value = serde_json::from_str(&openapi::json()).unwrap();
        let inlined = inline(&document, &document["paths"]);
        let mut operations = Vec::new();
        for (path, item) in inlined.as_object().unwrap() {
            for (method, object) in item.as_object().unwrap() {
                let responses = object["responses"].as_object().unwrap();
                operations.push(Operation {
                    id: object["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    object: object.clone(),
                    responses: responses
                        .iter()
                        .map(|(status, response)| {
                            (status.parse().unwrap(), Response::read(&document, response))
                        })
                        .collect(),
                });
            }
        }
        let error = validator(&document, &json!({ "$ref": "#/components/schemas/ErrorBody" }));
        Self { document, operations, error }
    }

    /// Finds the operation of a request: of the paths that match, the one with the fewest
    /// parameters, whatever its methods are.
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let asked: Vec<_> = path.split('?').next().unwrap().split('/').collect();
        let fits = |path: &str| {
            let known: Vec<_> = path.split('/').collect();
            let mut parts = known.iter().zip(&asked);
            known.len() == asked.len()
                && parts.all(|(known, asked)| known.starts_with('{') || known == asked)
        };
        let paths = self.operations.iter().map(|operation| &operation.path);
        let path = paths.filter(|path| fits(path)).min_by_key(|path| path.matches('{').count())?;
        self.operations.iter().find(|known| known.path == *path && known.method == *method)
    }

    /// Fails the test if the description does not allow a response.
    pub fn check(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Value,
    ) {
        let Some(operation) = self.operation(method, path) else {
            assert!(matches!(status.as_u16(), 404 | 405), "{method} {path}: {status}");
            return check(&self.error, body, &format!("{method} {path}, {status}"));
        };
        let what = format!("{} ({method} {path}), {status}", operation.id);
        let Some(response) = operation.responses.get(&status.as_u16()) else {
            panic!("{what}: this status is not in the description; {body}");
        };
        for header in &response.headers {
            assert!(headers.contains_key(header), "{what}: no header {header}");
        }
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap());
        let is_csv = content_type.is_some_and(|kind| kind.starts_with("text/csv"));
        match &response.body {
            _ if is_csv => assert!(response.may_be_csv, "{what}: a file"),
            Some(schema) => {
                assert_eq!(headers["content-type"], "application/json", "{what}");
                check(schema, body, &what);
            }
            None => assert_eq!(*body, Value::Null, "{what}: a body"),
        }
    }
}

impl Response {
    fn read(document: &Value, response: &Value) -> Self {
        let headers = response["headers"].as_object().unwrap().keys();
        // Without a limit there are no headers about it.
        let headers = headers.filter(|name| !name.starts_with("RateLimit-")).cloned().collect();
        let content = response.get("content").and_then(|content| content.get("application/json"));
        let body = content.map(|content| validator(document, &content["schema"]));
        let may_be_csv = response.pointer("/content/text~1csv").is_some();
        Self { headers, body, may_be_csv }
    }
}

/// Resolves the references of a part of the document, except those to schemas.
fn inline(document: &Value, part: &Value) -> Value {
    match part {
        Value::Object(object) => match object.get("$ref").and_then(Value::as_str) {
            Some(reference) if !reference.starts_with("#/components/schemas/") => {
                let target = document.pointer(&reference[1..]).unwrap();
                inline(document, target)
            }
            _ => {
                let fields = object.iter();
                fields.map(|(name, value)| (name.clone(), inline(document, value))).collect()
            }
        },
        Value::Array(list) => list.iter().map(|value| inline(document, value)).collect(),
        value => value.clone(),
    }
}

/// Returns a validator for a schema of the document.
pub fn validator(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    options.should_validate_formats(true).build(&schema).unwrap()
}

/// Fails the test if a value does not fit its schema.
pub fn check(schema: &Validator, value: &Value, what: &str) {
    let problems: Vec<_> = schema
        .iter_errors(value)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what}\n{}\n{value}", problems.join("\n"));
}
