use axum::http::HeaderMap;
use proxies::{ProxyArgs, limited_address};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// On all ports together.
    pub connections_max: usize,
    /// From one address; an IPv6 client counts by its network.
    pub per_address_max: usize,
}

/// Counts the connections of all ports. Clones share the counts.
#[derive(Clone)]
pub struct Gate {
    bounds: Bounds,
    proxies: ProxyArgs,
    places: Arc<Semaphore>,
    by_address: Arc<ByAddress>,
    /// Counts what is turned away.
    refused_metric: &'static str,
}

/// Held for a lookup, never across an await.
type ByAddress = Mutex<HashMap<IpAddr, usize>>;

/// One of an address's connections; given back when it is dropped.
pub(crate) struct Seat {
    address: IpAddr,
    by_address: Arc<ByAddress>,
}

/// The address has as many connections as it may have.
pub(crate) struct AddressFull;

impl Gate {
    /// No connection is counted yet. `refused_metric` is the name of the counter of connections
    /// and requests that were turned away because of their address.
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

    /// Counts a connection for the address that it comes from; a trusted proxy's is not counted.
    pub(crate) fn connection(&self, peer: IpAddr) -> Result<Option<Seat>, AddressFull> {
        if self.proxies.is_trusted(peer) {
            Ok(None)
        } else {
            self.seat(peer.to_canonical()).map(Some)
        }
    }

    /// Counts a request that a trusted proxy has passed on for the client that it came from.
    pub(crate) fn request(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> Result<Option<Seat>, AddressFull> {
        if !self.proxies.is_trusted(peer) {
            return Ok(None);
        }
        let client = self.proxies.client_address(peer, headers);
        // Requests that the proxy makes itself, such as health checks.
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
