//! The cookie in which a browser keeps its session.
//!
//! Everything that runs on a host shares its cookies, whatever the port, and `token` is a common
//! name. So the session's cookie has a distinct name; `token`, its former name, is still read and
//! counts if it holds a token that Velox signed.

use axum::http::HeaderValue;
use session::Session;

/// The names of the session's cookie, and its `Set-Cookie` headers.
#[derive(Clone, Copy, Debug)]
pub struct CookieJar {
    is_production: bool,
}

impl CookieJar {
    /// Creates a jar. In production the cookie is for HTTPS only and has the prefix `__Host-`,
    /// which browsers accept from this host only, not from others of its domain.
    pub const fn new(is_production: bool) -> Self {
        Self { is_production }
    }

    /// Returns the names under which a session is looked for; the first is the one that is written.
    pub const fn names(self) -> [&'static str; 2] {
        if self.is_production {
            ["__Host-velox_session", "__Host-token"]
        } else {
            ["velox_session", "token"]
        }
    }

    /// Returns the header that sets the cookie of a session.
    pub fn set(self, session: &Session, token: &str) -> HeaderValue {
        self.header(self.names()[0], token, session.seconds_left())
    }

    /// Returns the header that clears the cookie with this name.
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
