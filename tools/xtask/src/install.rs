//! The programs that xtask needs: found on the machine or installed.

use anyhow::{Context as _, Result, bail};
use devstack::servers::{find_postgres, find_redis};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A package manager, its commands, and its names for the packages.
struct PackageManager {
    program: &'static str,
    /// Commands to run first, such as updating the package list.
    before: &'static [&'static [&'static str]],
    install: &'static [&'static str],
    redis: &'static str,
    postgres: &'static str,
    /// The package of Python with its module `venv`.
    python: &'static str,
    chromium: &'static str,
    /// The package that contains promtool.
    prometheus: &'static str,
    needs_root: bool,
}

const PACKAGE_MANAGERS: &[PackageManager] = &[
    PackageManager {
        program: "apt-get",
        before: &[&["update"]],
        install: &["install", "--yes", "--no-install-recommends"],
        redis: "redis-server",
        postgres: "postgresql",
        python: "python3-venv",
        chromium: "chromium",
        prometheus: "prometheus",
        needs_root: true,
    },
    PackageManager {
        program: "dnf",
        before: &[],
        install: &["install", "--assumeyes"],
        redis: "valkey",
        postgres: "postgresql-server",
        python: "python3",
        chromium: "chromium",
        prometheus: "golang-github-prometheus",
        needs_root: true,
    },
    PackageManager {
        program: "pacman",
        before: &[],
        install: &["-Sy", "--noconfirm"],
        redis: "valkey",
        postgres: "postgresql",
        python: "python",
        chromium: "chromium",
        prometheus: "prometheus",
        needs_root: true,
    },
    PackageManager {
        program: "apk",
        before: &[],
        install: &["add"],
        redis: "valkey",
        postgres: "postgresql",
        python: "python3",
        chromium: "chromium",
        prometheus: "prometheus",
        needs_root: true,
    },
    PackageManager {
        program: "brew",
        before: &[],
        install: &["install"],
        redis: "redis",
        postgres: "postgresql@17",
        python: "python",
        chromium: "chromium",
        prometheus: "prometheus",
        needs_root: false,
    },
];

/// Makes sure that the required servers are installed.
pub fn ensure(redis: bool, postgres: bool) -> Result<()> {
    let mut missing = Vec::new();
    if redis && find_redis().is_err() {
        missing.push(Missing { name: "Redis (or Valkey)", package: |manager| manager.redis });
    }
    if postgres && find_postgres().is_err() {
        missing.push(Missing { name: "PostgreSQL", package: |manager| manager.postgres });
    }
    install(&missing)?;
    if redis {
        find_redis()?;
    }
    if postgres {
        find_postgres()?;
    }
    Ok(())
}

/// Makes sure that Python can create virtual environments.
pub fn ensure_python() -> Result<()> {
    if has_venv() {
        return Ok(());
    }
    let name = "Python's module venv";
    install(&[Missing { name, package: |manager| manager.python }])?;
    if !has_venv() {
        bail!("python3 can't create a virtual environment; install its module venv");
    }
    Ok(())
}

/// Debian packages the module without `ensurepip`, which puts `pip` into an environment.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import venv, ensurepip"]).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// The names of a usable browser on different systems.
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Makes sure that Chromium is installed and returns its path; `CHROMIUM` overrides it.
pub fn ensure_chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let find = || CHROMIUM_NAMES.iter().find_map(|name| find_program(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    install(&[Missing { name: "Chromium", package: |manager| manager.chromium }])?;
    find().context("Chromium was installed but not found; set CHROMIUM to its path")
}

/// Makes sure that Caddy is installed and returns its path.
pub fn ensure_caddy() -> Result<PathBuf> {
    if let Some(found) = find_program("caddy") {
        return Ok(found);
    }
    // The package has the same name everywhere.
    install(&[Missing { name: "Caddy", package: |_| "caddy" }])?;
    find_program("caddy").context("Caddy was installed but not found")
}

/// Makes sure that `PgBouncer` is installed, which the tests put in front of PostgreSQL.
pub fn ensure_pgbouncer() -> Result<()> {
    // Debian installs it in a folder that is in the `PATH` of root only.
    let is_there = || is_there("pgbouncer") || Path::new("/usr/sbin/pgbouncer").is_file();
    if !is_there() {
        // The package has the same name everywhere.
        install(&[Missing { name: "PgBouncer", package: |_| "pgbouncer" }])?;
    }
    if !is_there() {
        bail!("PgBouncer was installed but not found; add it to PATH");
    }
    Ok(())
}

/// Makes sure that promtool is installed, which checks metrics and alert rules.
pub fn ensure_promtool() -> Result<()> {
    if !is_there("promtool") {
        install(&[Missing { name: "promtool", package: |manager| manager.prometheus }])?;
    }
    if !is_there("promtool") {
        bail!("Prometheus was installed but promtool was not found; add it to PATH");
    }
    Ok(())
}

/// A program that is not installed.
struct Missing {
    name: &'static str,
    package: fn(&PackageManager) -> &'static str,
}

fn install(missing: &[Missing]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|missing| missing.name).collect();
    let names = names.join(" and ");
    let Some(manager) = PACKAGE_MANAGERS.iter().find(|manager| is_there(manager.program)) else {
        bail!("{names} is missing and no known package manager was found; install it, then retry");
    };
    let packages: Vec<_> = missing.iter().map(|missing| (missing.package)(manager)).collect();
    let Some(prefix) = right_to_install(manager) else {
        bail!(
            "{names} is missing, and root is needed to install it; run: sudo {} {} {}",
            manager.program,
            manager.install.join(" "),
            packages.join(" ")
        );
    };
    println!("{names} is missing; installing {} with {}", packages.join(" and "), manager.program);
    for arguments in manager.before {
        run(prefix, manager.program, arguments)?;
    }
    run(prefix, manager.program, &[manager.install, packages.as_slice()].concat())
}

/// The prefix of an install command: none, or `sudo` if it needs no password; `None` without the
/// right to install.
fn right_to_install(manager: &PackageManager) -> Option<&'static [&'static str]> {
    if !manager.needs_root || rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    let sudo = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    sudo.is_ok_and(|status| status.success()).then_some(&["sudo", "-n"])
}

fn run(prefix: &[&str], program: &str, arguments: &[&str]) -> Result<()> {
    let words: Vec<&str> =
        prefix.iter().copied().chain([program]).chain(arguments.iter().copied()).collect();
    println!("$ {}", words.join(" "));
    let status = Command::new(words[0])
        .args(&words[1..])
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Keeps Debian's packages from starting their servers.
        .env("RUNLEVEL", "1")
        .stdin(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("`{}` failed ({status})", words.join(" "));
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    find_program(program).is_some()
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
