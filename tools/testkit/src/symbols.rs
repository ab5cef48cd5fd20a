//! The instruments that `markets.toml` ships with, for tests.

use messages::{Instrument, MARKETS, Symbol};
use streams::Redis;

/// Bitcoin.
pub const BTC: Symbol = Symbol::from_static("BTCUSDT");
/// Ether.
pub const ETH: Symbol = Symbol::from_static("ETHUSDT");
/// Solana.
pub const SOL: Symbol = Symbol::from_static("SOLUSDT");
/// All of them.
pub const SYMBOLS: [Symbol; 3] = [BTC, ETH, SOL];

/// Returns a shipped instrument.
///
/// # Panics
/// When the file that Velox ships with does not list it.
pub fn shipped(symbol: Symbol) -> Instrument {
    let mut instruments = markets::shipped().into_iter();
    instruments.find(|instrument| instrument.symbol == symbol).expect("the file lists it")
}

/// Writes a list of instruments to Redis, as an engine would.
///
/// # Panics
/// When Redis does not answer.
pub async fn publish(redis: &Redis, instruments: Vec<Instrument>) {
    let mut batch = redis.batch();
    let json = markets::Markets::from(instruments).to_json();
    for shard in redis.shards().all() {
        batch.set(&shard.key(MARKETS), &json);
    }
    batch.send().await.expect("Redis answers");
}

/// Writes the shipped list to Redis, as an engine would.
pub async fn publish_shipped(redis: &Redis) {
    publish(redis, markets::shipped()).await;
}
