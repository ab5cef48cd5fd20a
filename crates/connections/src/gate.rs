use axum::http::HeaderMap;
use proxies::{ProxyArgs, limited_address};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits on the number of connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most connections on all ports together.
    pub connections_max: usize,
    /// The most connections from one address; an IPv6 client counts by its /64 network.
    pub per_address_max: usize,
}

/// Counts the connections of all ports. Clones share the counts.
#[derive(Clone)]
pub struct Gate {
    bounds: Bounds,
    proxies: ProxyArgs,
    places: Arc<Semaphore>,
    by_address: Arc<ByAddress>,
    /// The counter of refused connections and requests.
    refused_metric: &'static str,
}

/// The number of connections by address. Never locked across an await.
type ByAddress = Mutex<HashMap<IpAddr, usize>>;

/// A counted connection or request of an address; dropping it releases the count.
pub(crate) struct Seat {
    address: IpAddr,
    by_address: Arc<ByAddress>,
}

/// The address has reached its limit of connections.
pub(crate) struct AddressFull;

impl Gate {
    /// Creates a gate with no connections. `refused_metric` names the counter of connections and
    /// requests refused because of their address.
    pub fn new(bounds: Bounds, proxies: ProxyArgs, refused_metric: &'static str) -> Self {
        let connections_max = bounds.connections_max.clamp(1, Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(connections_max));
        Self { bounds, proxies, places, by_address: Arc::default(), refused_metric }
    }

    /// Waits until one more connection may be open.
    pub(crate) async fn place(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.places).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }

    /// Counts a connection for the address of its peer, except a trusted proxy's.
    pub(crate) fn connection(&self, peer: IpAddr) -> Result<Option<Seat>, AddressFull> {
        if self.proxies.is_trusted(peer) {
            Ok(None)
        } else {
            self.seat(peer.to_canonical()).map(Some)
        }
    }

    /// Counts a request that a trusted proxy has forwarded, for the client that sent it.
    pub(crate) fn request(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> Result<Option<Seat>, AddressFull> {
        if !self.proxies.is_trusted(peer) {
            return Ok(None);
        }
        let client = self.proxies.client_address(peer, headers);
        // The proxy's own requests, such as health checks, are not counted.
        if self.proxies.is_trusted(client) { Ok(None) } else { self.seat(client).map(Some) }
    }

    fn seat(&self, address: IpAddr) -> Result<Seat, AddressFull> {
        let address = limited_address(address);
        let mut counts = lock(&self.by_address);
        let count = counts.entry(address).or_default();
        if *count >= self.bounds.per_address_max.max(1) {
            metrics::counter!(self.refused_metric).increment(1);
            return Err(AddressFull);
        }
        *count += 1;
        Ok(Seat { address, by_address: Arc::clone(&self.by_address) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = lock(&self.by_address);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

fn lock(by_address: &ByAddress) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    by_address.lock().unwrap_or_else(PoisonError::into_inner)
}
