//! The cookie in which a browser keeps its session.
//!
//! A host's cookies are shared by everything that runs on it, whatever its port, and `token` is a
//! name that many choose. The session's cookie has a name of its own; `token`, as Velox called it
//! earlier, is still read, and counts where it holds a token of ours.

use axum::http::HeaderValue;
use session::Session;

/// Names and writes the cookie.
#[derive(Clone, Copy, Debug)]
pub struct CookieJar {
    is_production: bool,
}

impl CookieJar {
    /// In production the cookie is for HTTPS alone, and under the `__Host-` prefix: browsers take
    /// such a cookie from this very host only, not from a neighbour that shares its domain.
    pub const fn new(is_production: bool) -> Self {
        Self { is_production }
    }

    /// The names under which a session is looked for, the one that is written first.
    pub const fn names(self) -> [&'static str; 2] {
        if self.is_production {
            ["__Host-velox_session", "__Host-token"]
        } else {
            ["velox_session", "token"]
        }
    }

    /// The header that gives a browser this session.
    pub fn set(self, session: &Session, token: &str) -> HeaderValue {
        self.header(self.names()[0], token, session.seconds_left())
    }

    /// The header that takes away the cookie of this name.
    pub fn clear(self, name: &str) -> HeaderValue {
        self.header(name, "", 0)
    }

    fn header(self, name: &str, value: &str, max_age_s: u64) -> HeaderValue {
        let secure = if self.is_production { "; Secure" } else { "" };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&cookie).expect("tokens are printable ASCII")
    }
}
