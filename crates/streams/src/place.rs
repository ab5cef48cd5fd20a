//! The servers that a handle sends commands to, and its connections to them.

use crate::address::Node;
use crate::cluster::{Cluster, SlotNumber};
use crate::error::Error;
use crate::link::{Link, Pushes};
use crate::metering;
use crate::replication::Replication;
use messages::Shards;
use redis::Client;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::runtime::Handle;

/// The state that the clones of a [`Redis`] share.
pub(crate) struct Shared {
    pub(crate) place: Place,
    pub(crate) deployment: Deployment,
    pub(crate) purpose: &'static str,
    /// The runtime that serves the connections; their first user may run on another one.
    pub(crate) home: Option<Handle>,
    pub(crate) pushes: Option<Pushes>,
    /// The number of connections made so far.
    pub(crate) numbers: Arc<AtomicU64>,
    /// The connections by server; that to a single server has no name.
    pub(crate) links: Mutex<HashMap<Option<Node>, Arc<Link>>>,
}

/// The properties that all connections of a deployment share.
#[derive(Clone, Copy)]
pub(crate) struct Deployment {
    pub(crate) shards: Shards,
    pub(crate) replication: Option<Replication>,
}

/// The servers that commands are sent to.
pub(crate) enum Place {
    Server(Box<Client>),
    /// A cluster, and the slot of the commands that have no key.
    Cluster(Arc<Cluster>, Option<SlotNumber>),
}

impl Place {
    pub(crate) fn with_slot(&self, slot: SlotNumber) -> Self {
        match self {
            Self::Server(client) => Self::Server(client.clone()),
            Self::Cluster(cluster, _) => Self::Cluster(Arc::clone(cluster), Some(slot)),
        }
    }
}

impl Shared {
    pub(crate) fn new(
        place: Place,
        deployment: Deployment,
        purpose: &'static str,
        pushes: Option<Pushes>,
    ) -> Self {
        metering::describe(purpose);
        let home = Handle::try_current().ok();
        let (links, numbers) = (Mutex::default(), Arc::default());
        let shared = Self { place, deployment, purpose, home, pushes, numbers, links };
        if let Place::Server(client) = &shared.place {
            let link = shared.link(Client::clone(client));
            shared.links().insert(None, link);
        }
        shared
    }

    /// Whether the keys are spread over the servers of a cluster.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.place, Place::Cluster(..))
    }

    pub(crate) fn links(&self) -> MutexGuard<'_, HashMap<Option<Node>, Arc<Link>>> {
        self.links.lock().expect("nothing panics while it holds this lock")
    }

    pub(crate) fn link(&self, client: Client) -> Arc<Link> {
        let (home, pushes) = (self.home.clone(), self.pushes.clone());
        Arc::new(Link::new(client, self.purpose, home, pushes, Arc::clone(&self.numbers)))
    }

    pub(crate) fn only_link(&self) -> Arc<Link> {
        Arc::clone(self.links().get(&None).expect("a single server has its link from the start"))
    }

    pub(crate) async fn link_to(
        &self,
        cluster: &Cluster,
        slot: SlotNumber,
    ) -> Result<Arc<Link>, Error> {
        let node = cluster.primary(slot).await?;
        if matches!(self.place, Place::Cluster(_, Some(_))) {
            // A connection to the server that had the slot before is of no use any more.
            self.links().retain(|known, _| known.as_ref() == Some(&node));
        }
        self.link_at(cluster, &node)
    }

    pub(crate) fn link_at(&self, cluster: &Cluster, node: &Node) -> Result<Arc<Link>, Error> {
        let mut links = self.links();
        if let Some(link) = links.get(&Some(node.clone())) {
            return Ok(Arc::clone(link));
        }
        let link = self.link(cluster.clients().at(node)?);
        links.insert(Some(node.clone()), Arc::clone(&link));
        Ok(link)
    }

    /// Has the cluster asked again which server has the slots of the one that a link leads to.
    pub(crate) fn doubt(&self, link: &Arc<Link>) {
        let Place::Cluster(cluster, _) = &self.place else { return };
        for (node, known) in self.links().iter() {
            if let (Some(node), true) = (node, Arc::ptr_eq(known, link)) {
                cluster.doubt(node);
            }
        }
    }
}
