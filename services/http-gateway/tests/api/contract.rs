//! Holds every answer that a test gets against the API's description.

use http_gateway::openapi;
use jsonschema::{Draft, Validator};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The description, read as a caller would.
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
    /// As it is in the document.
    pub object: Value,
    pub responses: BTreeMap<u16, Response>,
}

pub struct Response {
    headers: Vec<String>,
    body: Option<Validator>,
}

impl Contract {
    fn read() -> Self {
        let document: Value = serde_json::from_str(&openapi::json()).unwrap();
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
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

    /// The operation that a request is for: of the paths that fit, the one with fewer parameters
    /// counts, whatever its methods are.
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

    /// Fails the test when an answer is none that the description allows.
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
        match &response.body {
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
        // Where nothing is counted there is nothing to say of limits.
        let headers = headers.filter(|name| !name.starts_with("RateLimit-")).cloned().collect();
        let content = response.get("content").and_then(|content| content.get("application/json"));
        let body = content.map(|content| validator(document, &content["schema"]));
        Self { headers, body }
    }
}

/// For a schema that is part of the document.
pub fn validator(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let options = jsonschema::options().with_draft(Draft::Draft202012);
    options.should_validate_formats(true).build(&schema).unwrap()
}

/// Fails the test when a value does not fit its schema.
pub fn check(schema: &Validator, value: &Value, what: &str) {
    let problems: Vec<_> = schema
        .iter_errors(value)
        .map(|problem| format!("{}: {problem}", problem.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what}\n{}\n{value}", problems.join("\n"));
}
