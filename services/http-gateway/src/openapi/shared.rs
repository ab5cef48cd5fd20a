//! Shared components of the description: headers, error responses and examples that several
//! operations have in common, described once and referred to by name.

use super::operations;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Response};

/// Moves everything that occurs more than once into the components of the description.
pub fn share(description: &mut OpenApi) {
    let mut components = description.components.take().unwrap_or_default();
    share_headers(description, &mut components);
    share_errors(description, &mut components);
    share_examples(description, &mut components);
    description.components = Some(components);
}

/// Shares headers, each of which has the same description in every response.
fn share_headers(description: &mut OpenApi, components: &mut Components) {
    each_response(description, &mut |_, response| {
        let RefOr::T(response) = response else { return };
        for (name, header) in &mut response.headers {
            let known = components.headers.entry(name.clone()).or_insert_with(|| header.clone());
            if known == header {
                *header = RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
            }
        }
    });
}

/// Shares error responses of several operations, named by their codes.
fn share_errors(description: &mut OpenApi, components: &mut Components) {
    let mut alike: Vec<(Response, usize)> = Vec::new();
    each_response(description, &mut |status, response| {
        let RefOr::T(response) = response else { return };
        if is_error(status) {
            match alike.iter_mut().find(|(known, _)| known == response) {
                Some((_, count)) => *count += 1,
                None => alike.push((response.clone(), 1)),
            }
        }
    });
    let mut shared: BTreeMap<String, Response> = BTreeMap::new();
    for (response, _) in alike.into_iter().filter(|(_, count)| *count > 1) {
        let codes = pascal_case(&response.description);
        let names = (1..).map(|n| if n == 1 { codes.clone() } else { format!("{codes}{n}") });
        let mut free = names.filter(|name| !shared.contains_key(name));
        shared.insert(free.next().expect("numbers don't end"), response);
    }
    each_response(description, &mut |_, response| {
        let RefOr::T(inline) = response else { return };
        if let Some((name, _)) = shared.iter().find(|(_, shared)| *shared == inline) {
            *response = RefOr::Ref(Ref::from_response_name(name));
        }
    });
    let responses = shared.into_iter().map(|(name, response)| (name, response.into()));
    components.responses.extend(responses);
}

/// Shares examples that several responses have under the same name.
fn share_examples(description: &mut OpenApi, components: &mut Components) {
    let mut found = BTreeMap::new();
    let mut differing = BTreeSet::new();
    let mut count = BTreeMap::new();
    each_example(description, components, &mut |name, example| {
        *count.entry(name.to_owned()).or_insert(0) += 1;
        if found.entry(name.to_owned()).or_insert_with(|| example.clone()) != example {
            differing.insert(name.to_owned());
        }
    });
    found.retain(|name, _| count[name] > 1 && !differing.contains(name));
    each_example(description, components, &mut |name, example| {
        if found.contains_key(name) {
            *example = RefOr::Ref(Ref::new(format!("#/components/examples/{name}")));
        }
    });
    components.examples.extend(found);
}

type Example = RefOr<utoipa::openapi::example::Example>;

/// Visits the examples of all responses, of operations and shared ones.
fn each_example(
    description: &mut OpenApi,
    components: &mut Components,
    visit: &mut impl FnMut(&str, &mut Example),
) {
    let mut visit = |response: &mut RefOr<Response>| {
        let RefOr::T(response) = response else { return };
        for content in response.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            for (name, example) in &mut content.examples {
                visit(name, example);
            }
        }
    };
    components.responses.values_mut().for_each(&mut visit);
    each_response(description, &mut |_, response| visit(response));
}

fn each_response(description: &mut OpenApi, visit: &mut impl FnMut(&str, &mut RefOr<Response>)) {
    for item in description.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, response) in &mut operation.responses.responses {
                visit(status, response);
            }
        }
    }
}

fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// Converts "`TOKEN_EXPIRED`, `UNAUTHENTICATED`" to `TokenExpiredUnauthenticated`.
fn pascal_case(codes: &str) -> String {
    let words = codes.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_owned() + &word[1..].to_ascii_lowercase()).collect()
}
