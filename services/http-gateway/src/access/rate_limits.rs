//! Rate limits by route class, for each user, key and address.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proxies::limited_address;
use std::net::IpAddr;
use std::time::Duration;
use streams::{LocalQuotas, Quota, QuotaStatus, Redis};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Routes that share their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteClass {
    /// Routes by which passwords, links and emails can be guessed.
    SignIn,
    /// The route that creates guests.
    Guests,
    /// Routes that change orders or an account.
    Orders,
    /// Routes that only read.
    Reads,
}

/// The limits, as settings: `60/10s` allows sixty requests at once and then one more every sixth of
/// a second; `off` removes the limit.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_field_names, reason = "the settings are called so")]
pub struct RateLimitArgs {
    /// Limit of sign-ups, registrations, sign-ins and magic links from one address.
    #[arg(long, env = "RATE_LIMIT_SIGN_IN", default_value = "30/60s", value_parser = parse)]
    pub rate_limit_sign_in: Limit,
    /// Limit of guests created from one address.
    #[arg(long, env = "RATE_LIMIT_GUESTS", default_value = "20/3600s", value_parser = parse)]
    pub rate_limit_guests: Limit,
    /// Limit of guests created from all addresses together.
    #[arg(long, env = "RATE_LIMIT_ALL_GUESTS", default_value = "2000/3600s", value_parser = parse)]
    pub rate_limit_all_guests: Limit,
    /// Limit of orders opened, changed and closed by one user, and by one API key.
    #[arg(long, env = "RATE_LIMIT_ORDERS", default_value = "300/10s", value_parser = parse)]
    pub rate_limit_orders: Limit,
    /// Limit of reads by one user, and by one API key.
    #[arg(long, env = "RATE_LIMIT_READS", default_value = "600/10s", value_parser = parse)]
    pub rate_limit_reads: Limit,
    /// Limit of orders from one address, which many users may share.
    #[arg(long, env = "RATE_LIMIT_ADDRESS_ORDERS", default_value = "1500/10s", value_parser = parse)]
    pub rate_limit_address_orders: Limit,
    /// Limit of reads from one address, signed in or not.
    #[arg(long, env = "RATE_LIMIT_ADDRESS_READS", default_value = "3000/10s", value_parser = parse)]
    pub rate_limit_address_reads: Limit,
}

/// A quota, or no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limit(Option<Quota>);

/// A user, key or address whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A network address.
    Address(IpAddr),
    /// Everybody together.
    Everybody,
    /// A user, however authenticated.
    User(messages::UserId),
    /// An API key, by the fingerprint of the whole key.
    Key(String),
}

/// Counts requests against the limits.
pub struct RateLimits {
    quotas: LocalQuotas,
    args: RateLimitArgs,
}

/// A quota and its status after a request.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    quota: Quota,
    standing: QuotaStatus,
}

impl RouteClass {
    /// Returns whether these routes open sessions to callers without one: they are refused while
    /// nothing can be counted.
    pub const fn creates_sessions(self) -> bool {
        matches!(self, Self::SignIn | Self::Guests)
    }
}

impl RateLimits {
    pub fn new(redis: Redis, args: RateLimitArgs) -> Self {
        Self { quotas: LocalQuotas::new(redis), args }
    }

    /// Counts one request. Returns `None` where there is no limit.
    ///
    /// # Errors
    /// When Redis has to be asked and is unavailable.
    pub async fn charge(
        &self,
        class: RouteClass,
        counted: &Counted,
    ) -> Result<Option<Budget>, streams::Error> {
        let Some(quota) = self.quota(class, counted) else { return Ok(None) };
        let standing = self.quotas.charge(&counted.key(class), quota).await?;
        Ok(Some(Budget { quota, standing }))
    }

    fn quota(&self, class: RouteClass, counted: &Counted) -> Option<Quota> {
        let limit = match (class, counted) {
            (RouteClass::SignIn, Counted::Address(_)) => self.args.rate_limit_sign_in,
            // Sign-in routes are unauthenticated; only the address can be limited.
            (RouteClass::SignIn | RouteClass::Guests, Counted::User(_) | Counted::Key(_)) => {
                Limit(None)
            }
            (RouteClass::Guests, Counted::Address(_)) => self.args.rate_limit_guests,
            (RouteClass::Guests, Counted::Everybody) => self.args.rate_limit_all_guests,
            (_, Counted::Everybody) => Limit(None),
            (RouteClass::Orders, Counted::Address(_)) => self.args.rate_limit_address_orders,
            (RouteClass::Orders, _) => self.args.rate_limit_orders,
            (RouteClass::Reads, Counted::Address(_)) => self.args.rate_limit_address_reads,
            (RouteClass::Reads, _) => self.args.rate_limit_reads,
        };
        limit.0
    }
}

impl Counted {
    fn key(&self, class: RouteClass) -> String {
        let class = match class {
            RouteClass::SignIn => "sign-in",
            RouteClass::Guests => "guests",
            RouteClass::Orders => "orders",
            RouteClass::Reads => "reads",
        };
        match self {
            Self::Address(address) => format!("rate:{class}:address:{}", limited_address(*address)),
            Self::Everybody => format!("rate:{class}:everybody"),
            Self::User(user_id) => format!("rate:{class}:user:{user_id}"),
            Self::Key(fingerprint) => format!("rate:{class}:key:{fingerprint}"),
        }
    }
}

impl Budget {
    /// Returns the time to wait before trying again, if the request exceeds the quota.
    pub fn retry_after(&self) -> Option<Duration> {
        (!self.standing.is_admitted).then_some(self.standing.retry_after)
    }

    /// Returns whether this budget is closer to its limit.
    pub fn is_tighter_than(&self, other: &Self) -> bool {
        let state = |budget: &Self| (budget.standing.is_admitted, budget.standing.remaining);
        state(self) < state(other)
    }

    /// Writes the `RateLimit-*` headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Self { quota, standing } = self;
        let policy = format!("{};w={}", quota.count(), quota.window().as_secs());
        let policy = HeaderValue::from_str(&policy).expect("numbers are printable ASCII");
        headers.insert(LIMIT, quota.count().into());
        headers.insert(REMAINING, standing.remaining.into());
        headers.insert(RESET, whole_seconds(standing.reset_after).into());
        headers.insert(POLICY, policy);
    }
}

/// Returns whole seconds, rounded up, so that a client that waits this long is not too early.
pub fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn parse(text: &str) -> Result<Limit, String> {
    if text == "off" { Ok(Limit(None)) } else { text.parse().map(|quota| Limit(Some(quota))) }
}
