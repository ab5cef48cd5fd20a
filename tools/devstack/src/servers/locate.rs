use super::ServerError;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs of one installed PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresBinaries {
    bin_dir: PathBuf,
}

impl PostgresBinaries {
    /// The folder that holds `postgres`, `initdb` and usually `psql`.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The path of the server program.
    pub fn postgres(&self) -> PathBuf {
        self.bin_dir.join("postgres")
    }

    /// The path of `initdb`, which creates a data folder.
    pub fn initdb(&self) -> PathBuf {
        self.bin_dir.join("initdb")
    }

    /// The output of `postgres --version`, such as `postgres (PostgreSQL) 17.2`.
    pub fn version(&self) -> String {
        let output = Command::new(self.postgres()).arg("--version").output();
        output.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
    }

    fn major_version(&self) -> String {
        let version = self.version();
        let number = version.split_whitespace().find(|word| word.starts_with(char::is_numeric));
        number.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect()
    }
}

/// Finds the Redis or Valkey server.
pub fn find_redis() -> Result<PathBuf, ServerError> {
    let dirs: Vec<_> = path_dirs().chain(homebrew_dirs()).collect();
    let names = ["redis-server", "valkey-server"];
    let found = names.iter().flat_map(|name| dirs.iter().map(move |dir| dir.join(name)));
    found.into_iter().find(|path| path.is_file()).ok_or(ServerError::NotFound {
        program: "redis-server (or valkey-server)",
        looked_in: "PATH",
        install: "the package redis-server, redis or valkey",
    })
}

/// Finds PostgreSQL: the one in `PATH`, else the newest in the places that distributions use.
pub fn find_postgres() -> Result<PostgresBinaries, ServerError> {
    installed_postgres().into_iter().next().ok_or(ServerError::NotFound {
        program: "PostgreSQL (postgres and initdb)",
        looked_in: "PATH, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin and Homebrew's folders",
        install: "the package postgresql (postgresql-server on Fedora and its derivatives)",
    })
}

/// Finds the PostgreSQL that can run the data folder: it must have the same major version.
pub(super) fn find_postgres_for(data: &Path) -> Result<PostgresBinaries, ServerError> {
    let Ok(wanted) = std::fs::read_to_string(data.join("PG_VERSION")) else {
        return find_postgres();
    };
    let wanted = wanted.trim().to_owned();
    let installed = installed_postgres();
    let found = installed.iter().map(PostgresBinaries::major_version).collect::<Vec<_>>();
    match found.iter().position(|version| *version == wanted) {
        Some(index) => Ok(installed[index].clone()),
        None if installed.is_empty() => find_postgres(),
        None => Err(ServerError::WrongVersion {
            data: data.to_owned(),
            wanted,
            found: found.join(", "),
        }),
    }
}

fn installed_postgres() -> Vec<PostgresBinaries> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    // `PATH` often has only a link to `postgres`; `initdb` is beside the link's target.
    let linked = path_dirs().filter_map(|dir| dir.join("postgres").canonicalize().ok());
    dirs.extend(linked.filter_map(|program| program.parent().map(Path::to_owned)));
    dirs.extend(newest_first("/usr/lib/postgresql", "", "bin"));
    dirs.extend(newest_first("/usr", "pgsql-", "bin"));
    for homebrew in homebrew_dirs() {
        let opt = homebrew.with_file_name("opt");
        dirs.extend(newest_first(&opt.to_string_lossy(), "postgresql@", "bin"));
    }
    let mut found = Vec::new();
    for bin_dir in dirs {
        let complete = bin_dir.join("postgres").is_file() && bin_dir.join("initdb").is_file();
        if complete && !found.iter().any(|other: &PostgresBinaries| other.bin_dir == bin_dir) {
            found.push(PostgresBinaries { bin_dir });
        }
    }
    found
}

/// The paths `parent/{prefix}{number}/{suffix}`, the highest number first.
fn newest_first(parent: &str, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let mut numbered: Vec<(u32, PathBuf)> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(prefix)?.split('.').next()?.parse().ok()?;
            Some((number, entry.path().join(suffix)))
        })
        .collect();
    numbered.sort_by(|a, b| b.cmp(a));
    numbered.into_iter().map(|(_, path)| path).collect()
}

fn path_dirs() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn homebrew_dirs() -> impl Iterator<Item = PathBuf> {
    ["/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin"]
        .into_iter()
        .map(PathBuf::from)
}
