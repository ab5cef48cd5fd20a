//! The folder that keeps the data, secret and pid files of a stack.

use crate::services::SERVICES;
use crate::settings::Settings;
use anyhow::{Context as _, Result, bail};
use devstack::servers::processes::{Signal, command_line, is_alive, stop_orphan};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the file that marks a folder as created by `up`, so that `--reset` may delete it.
const MARKER: &str = "velox-data";

/// The minimum free space: with less, databases fail with obscure errors.
const FREE_BYTES_MIN: u64 = 200 * 1024 * 1024;

/// The time that a service left over from an earlier run may take to stop.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(15);

/// The data folder, locked by one `up` at a time.
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Locks the folder, after creating it if it is absent.
    pub fn open(settings: &Settings, reset: bool) -> Result<Self> {
        let path = settings.data_dir.clone();
        refuse_if_running(&path)?;
        let data_dir = Self { path };
        data_dir.stop_orphans(settings);
        if reset {
            data_dir.delete()?;
        }
        data_dir.create()?;
        data_dir.check_free_space()?;
        Ok(data_dir)
    }

    pub fn redis(&self) -> PathBuf {
        self.path.join("redis")
    }

    pub fn postgres(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// The folder for mails when no provider is set.
    pub fn mail(&self) -> PathBuf {
        self.path.join("mail")
    }

    pub fn pid_file(&self, service: &str) -> PathBuf {
        self.path.join(format!("{service}.pid"))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The secret that signs sessions, created once so that sessions outlive a restart.
    pub fn jwt_secret(&self) -> Result<String> {
        let path = self.path.join("jwt-secret");
        match fs::read_to_string(&path) {
            Ok(secret) if secret.len() >= 32 => return Ok(secret),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context(format!("{}", path.display())),
        }
        let mut random = [[0_u8; 16]; 2];
        let mut source = File::open("/dev/urandom")?;
        random.iter_mut().try_for_each(|half| source.read_exact(half))?;
        let [first, second] = random.map(u128::from_be_bytes);
        let secret = format!("{first:032x}{second:032x}");
        let options =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let mut file = options.with_context(|| format!("{}", path.display()))?;
        file.write_all(secret.as_bytes())?;
        Ok(secret)
    }

    fn create(&self) -> Result<()> {
        let at = || format!("the data folder {} can't be created", self.path.display());
        if !self.path.exists() {
            fs::create_dir_all(&self.path).with_context(at)?;
            // PostgreSQL's user must pass through it; the secret and the databases have stricter
            // modes.
            fs::set_permissions(&self.path, fs::Permissions::from_mode(0o755)).with_context(at)?;
        }
        fs::write(self.path.join(MARKER), "Data of `cargo xtask up`; deleted by `--reset`.\n")
            .with_context(at)?;
        fs::write(self.lock(), std::process::id().to_string()).with_context(at)
    }

    fn delete(&self) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        if !self.path.join(MARKER).exists() {
            bail!("{} was not created by `up`; delete it yourself", self.path.display());
        }
        println!("deleting {}", self.path.display());
        fs::remove_dir_all(&self.path)
            .with_context(|| format!("{} can't be deleted", self.path.display()))
    }

    /// Stops the processes that a killed `up` has left running.
    fn stop_orphans(&self, settings: &Settings) {
        for service in SERVICES {
            let binary = settings.binary(service.name).display().to_string();
            let is_ours = |_, line: &str| line.starts_with(&binary);
            let pid_file = self.pid_file(service.name);
            let stopped = stop_orphan(&pid_file, Signal::TERM, ORPHAN_PATIENCE, is_ours);
            if let Some(pid) = stopped {
                println!("stopped {} (pid {pid}), left over from an earlier run", service.name);
            }
        }
        for (name, dir) in [("Redis", self.redis()), ("PostgreSQL", self.postgres())] {
            let in_dir = dir.display().to_string();
            let is_ours = |pid: u32, line: &str| {
                let folder = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
                line.contains(&in_dir) || folder.starts_with(&dir)
            };
            let pid_file = dir.join("server.pid");
            let stopped = stop_orphan(&pid_file, Signal::INT, ORPHAN_PATIENCE, is_ours);
            if let Some(pid) = stopped {
                println!("stopped {name} (pid {pid}), left over from an earlier run");
            }
        }
    }

    fn check_free_space(&self) -> Result<()> {
        let disk = rustix::fs::statvfs(&self.path).context("can't read the free disk space")?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < FREE_BYTES_MIN {
            bail!(
                "the disk of {} has {} MB left; at least {} MB are needed (VELOX_DATA_DIR chooses another place)",
                self.path.display(),
                free / 1_000_000,
                FREE_BYTES_MIN / 1_000_000
            );
        }
        Ok(())
    }

    fn lock(&self) -> PathBuf {
        lock(&self.path)
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // A leftover lock is recognised as stale.
        let _ = fs::remove_file(self.lock());
    }
}

fn lock(path: &Path) -> PathBuf {
    path.join("up.pid")
}

fn refuse_if_running(path: &Path) -> Result<()> {
    let Ok(text) = fs::read_to_string(lock(path)) else { return Ok(()) };
    let Ok(pid) = text.trim().parse::<u32>() else { return Ok(()) };
    if pid != std::process::id() && is_alive(pid) && command_line(pid).contains("xtask") {
        bail!("Velox is already running from {} (pid {pid}); stop it first", path.display());
    }
    Ok(())
}
