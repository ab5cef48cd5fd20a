//! The services.

/// A service's binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Applies orders and prices.
    Engine,
    /// Another engine, which follows the first and takes over.
    Standby,
    /// Answers HTTP.
    HttpGateway,
    /// Provides prices.
    PricePoller,
    /// Stores closed orders.
    DbWorker,
    /// Stores trades.
    BatchUploader,
    /// Pushes prices and account changes.
    Realtime,
    /// Sends mails; into a folder, unless the test sets a provider.
    Mailer,
}

impl Service {
    /// Every service except the standby, once.
    pub const ALL: [Self; 7] = [
        Self::Engine,
        Self::HttpGateway,
        Self::PricePoller,
        Self::DbWorker,
        Self::BatchUploader,
        Self::Realtime,
        Self::Mailer,
    ];

    /// The name of the service's binary.
    pub const fn binary(self) -> &'static str {
        match self {
            Self::Engine | Self::Standby => "engine",
            Self::HttpGateway => "http-gateway",
            Self::PricePoller => "price-poller",
            Self::DbWorker => "db-worker",
            Self::BatchUploader => "batch-uploader",
            Self::Realtime => "realtime",
            Self::Mailer => "mailer",
        }
    }
}
