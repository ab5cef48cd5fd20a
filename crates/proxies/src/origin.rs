//! The check of the origin that browsers send with a web page's request.

use http::{HeaderMap, HeaderValue, header};
use url::{Host, Url};

/// The origin of a web page: scheme, host and port, as browsers compare them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOrigin {
    scheme: String,
    host: Host,
    port: Option<u16>,
}

/// The setting for web pages allowed to call: origins, separated by commas, or `*` for all.
#[derive(Clone, Debug)]
pub struct AllowedOrigins {
    /// The origins as written: those with an app's scheme (`capacitor://localhost`) are compared as
    /// text.
    texts: Vec<String>,
    origins: Vec<PageOrigin>,
}

impl PageOrigin {
    /// Parses `https://host[:port]`; returns `None` for `null` and anything else that is not the
    /// origin of a page.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_bare = url.path().len() <= 1 && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !is_bare || !is_anonymous || !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = url.host()?.to_owned();
        Some(Self { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default() })
    }

    /// The scheme: `http` or `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns whether a request was sent to this host and port. A `Host` without a port means the
    /// default port of the page's scheme.
    pub fn is_addressed_by(&self, headers: &HeaderMap) -> bool {
        addressed(&self.scheme, headers).is_some_and(|called| called == *self)
    }

    /// Returns whether a request was sent to this host, on any port.
    pub fn is_on_host_of(&self, headers: &HeaderMap) -> bool {
        addressed(&self.scheme, headers).is_some_and(|called| called.host == self.host)
    }
}

impl AllowedOrigins {
    /// Parses the setting.
    ///
    /// # Errors
    /// A sentence that names the first item that is not an origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let texts: Vec<String> = items.map(|item| item.trim_end_matches('/').to_owned()).collect();
        if let Some(wrong) = texts.iter().find(|text| *text != "*" && !text.contains("://")) {
            return Err(format!("{wrong:?} is not of the form https://host or http://host:port"));
        }
        let origins = texts.iter().filter_map(|text| PageOrigin::parse(text)).collect();
        Ok(Self { texts, origins })
    }

    /// Returns whether a page of this origin may call: it is in the list, or on the called host
    /// itself, whose page and socket may have different ports.
    pub fn admit(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        if self.texts.iter().any(|allowed| allowed == "*" || allowed == text) {
            return true;
        }
        PageOrigin::parse(text)
            .is_some_and(|page| self.origins.contains(&page) || page.is_on_host_of(headers))
    }
}

/// The host and port that a request was sent to, according to its `Host` header.
fn addressed(scheme: &str, headers: &HeaderMap) -> Option<PageOrigin> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    PageOrigin::parse(&format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};

    fn to(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, host.parse().expect("ASCII"))])
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let same = [
            ("http://velox.example", "http://VELOX.example:80"),
            ("https://velox.example", "https://velox.example:443/"),
            ("http://bücher.example", "http://xn--bcher-kva.example"),
            ("http://[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000"),
        ];
        for (one, other) in same {
            let one = PageOrigin::parse(one);
            assert!(one.is_some() && one == PageOrigin::parse(other), "{other}");
        }
        let other = PageOrigin::parse("https://velox.example");
        for text in [
            "http://velox.example",
            "https://velox.example:8443",
            "https://velox.example.evil.example",
            "https://velox.example@evil.example",
            "https://velox.example/path",
            "null",
            "",
        ] {
            assert!(PageOrigin::parse(text) != other, "{text}");
        }
    }

    #[test]
    fn a_page_of_the_host_that_is_called_is_known_by_the_host_header() {
        let rows = [
            ("http://192.168.1.5:3000", "192.168.1.5:3000", true, true),
            ("http://192.168.1.5:3000", "192.168.1.5:3006", false, true),
            ("https://velox.example", "velox.example", true, true),
            ("https://velox.example", "Velox.Example:443", true, true),
            ("https://velox.example", "velox.example:80", false, true),
            ("http://evil.example:3000", "192.168.1.5:3000", false, false),
            ("http://evil.example", "evil.example@192.168.1.5", false, false),
            ("http://192.168.1.5", "", false, false),
        ];
        for (origin, host, is_same, is_on_host) in rows {
            let page = PageOrigin::parse(origin).expect("an origin");
            assert_eq!(page.is_addressed_by(&to(host)), is_same, "{origin} {host}");
            assert_eq!(page.is_on_host_of(&to(host)), is_on_host, "{origin} {host}");
        }
    }

    #[test]
    fn a_list_of_origins_is_read_and_what_is_none_is_named() {
        let list = AllowedOrigins::parse("https://a.example/, capacitor://localhost,").expect("ok");
        let rows = [
            ("https://a.example", true),
            ("https://A.example:443", true),
            ("capacitor://localhost", true),
            ("http://a.example", false),
            ("http://here:3000", true),
            ("null", false),
        ];
        for (origin, is_admitted) in rows {
            let value = origin.parse().expect("ASCII");
            assert_eq!(list.admit(&value, &to("here:3006")), is_admitted, "{origin}");
        }
        let all = AllowedOrigins::parse("*").expect("all");
        assert!(all.admit(&HeaderValue::from_static("null"), &HeaderMap::new()));
        assert!(AllowedOrigins::parse("velox.example").is_err_and(|e| e.contains("velox.example")));
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        /// Odd characters never make a page look as if it were on the called host.
        #[test]
        fn hostile_origins(
            origin in damaged_text(&["https://evil.example:3000".to_owned()]),
            host in damaged_text(&["velox.example:3000".to_owned()]),
        ) {
            if let (Some(page), Ok(value)) = (PageOrigin::parse(&origin), host.parse::<HeaderValue>()) {
                let headers = HeaderMap::from_iter([(header::HOST, value)]);
                if page.is_addressed_by(&headers) {
                    prop_assert!(page.is_on_host_of(&headers));
                    prop_assert_eq!(PageOrigin::parse(&format!("{}://{host}", page.scheme())), Some(page));
                }
            }
        }
    }
}
