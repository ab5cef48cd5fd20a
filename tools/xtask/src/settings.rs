//! The settings of `up`, and the folders that xtask uses.

use crate::ports::Ports;
use anyhow::{Context as _, Result};
use std::collections::hash_map::DefaultHasher;
use std::env;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

pub const POSTGRES_PASSWORD: &str = "postgres";
pub const DATABASE: &str = "trading_db";

/// The settings of `up`.
pub struct Settings {
    /// The root of the checkout.
    pub root: PathBuf,
    /// The data folder of the private servers.
    pub data_dir: PathBuf,
    /// The ports of the stack.
    pub ports: Ports,
    /// The URL of a Redis to use instead of a private one.
    pub redis_url: Option<String>,
    /// The URL of a PostgreSQL to use instead of a private one.
    pub database_url: Option<String>,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        let root = workspace_root()?;
        let set = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
        let data_dir = match set("VELOX_DATA_DIR") {
            Some(dir) => PathBuf::from(dir),
            None if rustix::process::geteuid().is_root() => shared_data_dir(&root),
            None => root.join(".velox"),
        };
        let (redis_url, database_url) = (set("REDIS_URL"), set("DATABASE_URL"));
        Ok(Self { root, data_dir, ports: Ports::from_env()?, redis_url, database_url })
    }

    /// The path of a binary of the release build.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.binaries().join(name)
    }

    /// The folder of the release build.
    pub fn binaries(&self) -> PathBuf {
        target_dir(&self.root).join("release")
    }
}

/// The target folder of cargo.
pub fn target_dir(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The root of the workspace, whatever the current folder is.
pub fn workspace_root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().with_context(|| format!("{} no longer exists", root.display()))
}

/// The data folder for a checkout that belongs to root. PostgreSQL does not run as root, and its
/// user may not be able to enter the checkout, so the data is where every user can go.
fn shared_data_dir(root: &Path) -> PathBuf {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let hash = hasher.finish() >> 32;
    Path::new("/var/lib/velox").join(format!("{name}-{hash:08x}"))
}
