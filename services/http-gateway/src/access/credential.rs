//! The credential of a request: a cookie, a token or an API key.

use crate::secrets;
use axum::http::{HeaderMap, header};
use uuid::Uuid;

const API_KEY: &str = "x-api-key";
const API_KEY_PREFIX: &str = "vlx_";

/// The most cookies that are tried; each costs a signature check.
const COOKIES_MAX: usize = 8;

/// The credential of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No credential.
    None,
    /// The values of the cookies with the session's names, in order of precedence. Some may come
    /// from other programs on the same host.
    Cookies(Vec<String>),
    /// A session's token in a header, which only its owner can write.
    Token(String),
    /// An API key.
    ApiKey(ApiKey),
    /// A malformed credential.
    Garbage,
}

/// A complete API key: `vlx_`, its id and the secret, without separators.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id that the key claims.
    pub id: Uuid,
    text: String,
}

impl Credential {
    /// Reads the credential of these headers. An explicit header takes precedence over the cookie,
    /// whether it is valid or not.
    pub fn of(headers: &HeaderMap, cookie_names: &[&str]) -> Self {
        if let Some(value) = headers.get(API_KEY) {
            let key = value.to_str().ok().and_then(ApiKey::parse);
            return key.map_or(Self::Garbage, Self::ApiKey);
        }
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            return bearer(value.to_str().unwrap_or_default());
        }
        let tokens = cookie_names.iter().flat_map(|name| cookies(headers, name));
        let tokens: Vec<_> = tokens.take(COOKIES_MAX).map(str::to_owned).collect();
        if tokens.is_empty() { Self::None } else { Self::Cookies(tokens) }
    }
}

impl ApiKey {
    /// Generates a key with this id.
    pub fn generate(id: Uuid) -> Self {
        let text = format!("{API_KEY_PREFIX}{}{}", id.simple(), secrets::generate());
        Self { id, text }
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(API_KEY_PREFIX)?.split_at_checked(32)?;
        let id = Uuid::try_parse(id).ok()?;
        secrets::is_well_formed(secret).then(|| Self { id, text: text.to_owned() })
    }

    /// Returns the complete key, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns the hash under which the key is stored.
    pub fn fingerprint(&self) -> blake3::Hash {
        secrets::fingerprint(&self.text)
    }
}

impl std::fmt::Debug for ApiKey {
    /// Formats the id without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn bearer(header: &str) -> Credential {
    match header.split_once(' ') {
        Some((scheme, value)) if scheme.eq_ignore_ascii_case("bearer") => {
            let value = value.trim();
            if value.starts_with(API_KEY_PREFIX) {
                ApiKey::parse(value).map_or(Credential::Garbage, Credential::ApiKey)
            } else {
                Credential::Token(value.to_owned())
            }
        }
        _ => Credential::Garbage,
    }
}

/// Returns the values of every cookie with this name: hosts and paths may each have set one.
pub fn cookies<'a>(headers: &'a HeaderMap, cookie_name: &str) -> impl Iterator<Item = &'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(name, _)| name.trim() == cookie_name).map(|(_, token)| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged};

    const NAMES: &[&str] = &["velox_session", "token"];

    fn shown(headers: &[(&'static str, &str)]) -> Credential {
        let headers = headers.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), value.parse().expect("ASCII"))
        });
        Credential::of(&headers.collect(), NAMES)
    }

    #[test]
    fn what_is_written_on_purpose_comes_before_the_cookie() {
        let key = ApiKey::generate(Uuid::from_u128(7));
        let bearer = format!("bearer {}", key.reveal());
        let cookie = ("cookie", "theme=dark; token=a.b.c");
        let cookies = |tokens: &[&str]| {
            Credential::Cookies(tokens.iter().map(|&token| token.to_owned()).collect())
        };
        assert_eq!(shown(&[]), Credential::None);
        assert_eq!(shown(&[cookie]), cookies(&["a.b.c"]));
        let both = ("cookie", "token=a; velox_session=b; token=c");
        assert_eq!(shown(&[both]), cookies(&["b", "a", "c"]));
        assert_eq!(shown(&[("cookie", "nottoken=a")]), Credential::None);
        let token = Credential::Token("d.e.f".to_owned());
        assert_eq!(shown(&[cookie, ("authorization", "Bearer d.e.f")]), token);
        assert_eq!(shown(&[cookie, ("authorization", &bearer)]), Credential::ApiKey(key.clone()));
        assert_eq!(shown(&[cookie, ("x-api-key", key.reveal())]), Credential::ApiKey(key));
        for garbage in ["", "Bearer", "Basic YTpi", "Bearer vlx_", "Bearer vlx_é"] {
            assert_eq!(shown(&[cookie, ("authorization", garbage)]), Credential::Garbage);
        }
    }

    #[test]
    fn a_key_does_not_print_its_secret() {
        let key = ApiKey::generate(Uuid::from_u128(7));
        assert!(!format!("{key:?}").contains(&key.reveal()[36..]));
    }

    /// A header value of any bytes that are allowed in one.
    fn any_header(examples: &[&str]) -> impl Strategy<Value = Option<HeaderValue>> + use<> {
        let examples = examples.iter().map(|text| text.as_bytes().to_vec()).collect();
        let value = damaged(examples).prop_map(|bytes| HeaderValue::from_bytes(&bytes).ok());
        prop::option::of(value).prop_map(Option::flatten)
    }

    const KEY: &str = "vlx_0190a6e47f3c7c1a9d523b1f0a8c4e110190a6e47f3c7c1a9d523b1f0a8c4e110190a6e47f3c7c1a9d523b1f0a8c4e11";

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn hostile_headers(
            key in any_header(&[KEY]),
            authorization in any_header(&["Bearer a.b.c", &format!("Bearer {KEY}"), "Basic YTpi"]),
            cookies in any_header(&["token=a.b.c; velox_session=d.e.f; x=y", "token=a.b.c"]),
        ) {
            let mut headers = HeaderMap::new();
            let names = [header::HeaderName::from_static(API_KEY), header::AUTHORIZATION, header::COOKIE];
            for (name, value) in names.into_iter().zip([&key, &authorization, &cookies]) {
                headers.extend(value.clone().map(|value| (name, value)));
            }
            match Credential::of(&headers, NAMES) {
                Credential::ApiKey(shown) => {
                    prop_assert!(key.is_some() || authorization.is_some());
                    prop_assert_eq!(shown.reveal().len(), KEY.len());
                    prop_assert_eq!(ApiKey::parse(shown.reveal()), Some(shown));
                }
                Credential::Token(_) => prop_assert!(key.is_none() && authorization.is_some()),
                Credential::Cookies(tokens) => {
                    prop_assert!((1..=COOKIES_MAX).contains(&tokens.len()));
                    prop_assert!(key.is_none() && authorization.is_none() && cookies.is_some());
                }
                Credential::Garbage => prop_assert!(key.is_some() || authorization.is_some()),
                Credential::None => prop_assert!(key.is_none() && authorization.is_none()),
            }
        }
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        assert_eq!(
            ApiKey::parse(KEY).map(|key| key.id.simple().to_string()),
            Some(KEY[4..36].to_owned())
        );
    }
}
