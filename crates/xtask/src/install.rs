//! Redis and PostgreSQL: found, installed, or asked for.

use anyhow::{Result, bail};
use std::process::{Command, Stdio};
use testkit::servers::{find_postgres, find_redis};

/// A package manager, how it installs, and what the two servers are called there.
struct PackageManager {
    program: &'static str,
    /// Commands that come first, such as getting the list of packages.
    before: &'static [&'static [&'static str]],
    install: &'static [&'static str],
    redis: &'static str,
    postgres: &'static str,
    needs_root: bool,
}

const PACKAGE_MANAGERS: &[PackageManager] = &[
    PackageManager {
        program: "apt-get",
        before: &[&["update"]],
        install: &["install", "--yes", "--no-install-recommends"],
        redis: "redis-server",
        postgres: "postgresql",
        needs_root: true,
    },
    PackageManager {
        program: "dnf",
        before: &[],
        install: &["install", "--assumeyes"],
        redis: "valkey",
        postgres: "postgresql-server",
        needs_root: true,
    },
    PackageManager {
        program: "pacman",
        before: &[],
        install: &["-Sy", "--noconfirm"],
        redis: "valkey",
        postgres: "postgresql",
        needs_root: true,
    },
    PackageManager {
        program: "apk",
        before: &[],
        install: &["add"],
        redis: "valkey",
        postgres: "postgresql",
        needs_root: true,
    },
    PackageManager {
        program: "brew",
        before: &[],
        install: &["install"],
        redis: "redis",
        postgres: "postgresql@17",
        needs_root: false,
    },
];

/// Makes sure that the servers that are needed are on this machine.
pub fn ensure(redis: bool, postgres: bool) -> Result<()> {
    let missing = |needed: bool, found: bool| needed && !found;
    let no_redis = missing(redis, find_redis().is_ok());
    let no_postgres = missing(postgres, find_postgres().is_ok());
    if !no_redis && !no_postgres {
        return Ok(());
    }
    let names: Vec<_> = [(no_redis, "Redis (or Valkey)"), (no_postgres, "PostgreSQL")]
        .into_iter()
        .filter_map(|(is_missing, name)| is_missing.then_some(name))
        .collect();
    let names = names.join(" and ");
    let Some(manager) = PACKAGE_MANAGERS.iter().find(|manager| is_there(manager.program)) else {
        bail!("{names} is missing, and no package manager is known here; install it and try again");
    };
    let packages: Vec<_> = [(no_redis, manager.redis), (no_postgres, manager.postgres)]
        .into_iter()
        .filter_map(|(is_missing, package)| is_missing.then_some(package))
        .collect();
    let Some(prefix) = right_to_install(manager) else {
        bail!(
            "{names} is missing, and there is no right to install it; run: sudo {} {} {}",
            manager.program,
            manager.install.join(" "),
            packages.join(" ")
        );
    };
    println!("{names} is missing; installing {} with {}", packages.join(" and "), manager.program);
    for arguments in manager.before {
        run(prefix, manager.program, arguments)?;
    }
    run(prefix, manager.program, &[manager.install, packages.as_slice()].concat())?;
    if redis {
        find_redis()?;
    }
    if postgres {
        find_postgres()?;
    }
    Ok(())
}

/// What comes before the command: nothing, or `sudo` where it asks no password.
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
        // Debian's packages start their servers unless this says that it is no time for that.
        .env("RUNLEVEL", "1")
        .stdin(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("`{}` failed ({status})", words.join(" "));
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}
