//! The cookie in which a browser keeps its session.

use axum::http::HeaderValue;
use session::Session;

/// Reads and writes the cookie.
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

    /// The cookie's name.
    pub const fn name(self) -> &'static str {
        if self.is_production { "__Host-token" } else { "token" }
    }

    /// The header that gives a browser this session.
    pub fn set(self, session: &Session, token: &str) -> HeaderValue {
        self.header(token, session.seconds_left())
    }

    /// The header that takes it away.
    pub fn clear(self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(self, value: &str, max_age_s: u64) -> HeaderValue {
        let name = self.name();
        let secure = if self.is_production { "; Secure" } else { "" };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&cookie).expect("tokens are printable ASCII")
    }
}
