//! Which web pages may call: by the origin that browsers send with a request.

use http::{HeaderMap, HeaderValue, header};
use url::{Host, Url};

/// The origin of a web page: scheme, host and port, as browsers compare them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOrigin {
    scheme: String,
    host: Host,
    port: Option<u16>,
}

/// Web pages that may call, as a setting: origins, separated by commas, or `*` for all.
#[derive(Clone, Debug)]
pub struct AllowedOrigins {
    /// As they were written: schemes of apps (`capacitor://localhost`) are compared as texts.
    texts: Vec<String>,
    origins: Vec<PageOrigin>,
}

impl PageOrigin {
    /// Reads `https://host[:port]`; nothing for `null` and whatever else is no origin of a page.
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

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the host and port that a request was sent to. A `Host` without a port means
    /// the one of the page's own scheme.
    pub fn is_addressed_by(&self, headers: &HeaderMap) -> bool {
        addressed(&self.scheme, headers).is_some_and(|called| called == *self)
    }

    /// Whether this is the host that a request was sent to, on whichever port.
    pub fn is_on_host_of(&self, headers: &HeaderMap) -> bool {
        addressed(&self.scheme, headers).is_some_and(|called| called.host == self.host)
    }
}

impl AllowedOrigins {
    /// Reads the setting.
    ///
    /// # Errors
    /// A sentence that names what is no origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let texts: Vec<String> = items.map(|item| item.trim_end_matches('/').to_owned()).collect();
        if let Some(wrong) = texts.iter().find(|text| *text != "*" && !text.contains("://")) {
            return Err(format!("{wrong:?} is not of the form https://host or http://host:port"));
        }
        let origins = texts.iter().filter_map(|text| PageOrigin::parse(text)).collect();
        Ok(Self { texts, origins })
    }

    /// Whether a page of this origin may call: it is in the list, or comes from the host that is
    /// called itself, whose page and socket have different ports.
    pub fn admit(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        if self.texts.iter().any(|allowed| allowed == "*" || allowed == text) {
            return true;
        }
        PageOrigin::parse(text)
            .is_some_and(|page| self.origins.contains(&page) || page.is_on_host_of(headers))
    }
}

/// What a request was sent to, as far as it says so.
fn addressed(scheme: &str, headers: &HeaderMap) -> Option<PageOrigin> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    PageOrigin::parse(&format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, damaged_text};
    use proptest::prelude::*;

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

        /// A page is never taken for the host that is called because of odd characters in either.
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
