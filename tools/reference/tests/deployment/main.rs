//! `docker-compose.yml`, the file that makes a cluster of it, the `Dockerfile` and the `Caddyfile`
//! agree with the programs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accepted;
mod cluster;
mod env_file;
mod image;

use cluster::with_cluster;
use reference::{Program, programs};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Settings that follow from how the stack is built, or that another variable replaces there.
const NOT_FOR_OPERATORS: [&str; 12] = [
    "REDIS_CLUSTER",
    "REDIS_CA_FILE",
    "REDIS_HOST",
    "REDIS_PORT",
    "METRICS_PORT",
    "HTTP_HOST",
    "HTTP_PORT",
    "PUBLIC_URL",
    "WEB_DIR",
    "WEB_PORT",
    "WS_HOST",
    "WS_PORT",
];

/// Settings of the replicas that a single Redis has none of.
const OF_REPLICAS: [&str; 2] = ["DURABILITY", "DURABILITY_REPLICAS"];

/// Containers that end by themselves: they are neither monitored nor restarted.
const RUN_ONCE: [&str; 3] = ["migrate", "tools", "redis-cluster"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compose_file(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap()
}

/// The services of the single machine.
fn compose() -> Map<String, Value> {
    compose_file("docker-compose.yml")["services"].as_object().unwrap().clone()
}

/// The single machine's services, and those with a cluster.
fn stacks() -> [Map<String, Value>; 2] {
    [compose(), with_cluster()["services"].as_object().unwrap().clone()]
}

/// The elements of a list, or the names of a map: Compose accepts either for the same thing.
fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => map.keys().map(String::as_str).collect(),
        list => list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect(),
    }
}

/// The Velox programs that a compose file starts, by service name; the operators' shell is left
/// out.
fn ours(services: &Map<String, Value>) -> Vec<(&String, &Value, Program)> {
    let ours = services.iter().filter(|(_, service)| service["build"] == ".");
    ours.filter(|(name, _)| *name != "tools")
        .map(|(name, service)| {
            let command = service["command"][0].as_str().unwrap();
            let program = programs().into_iter().find(|program| program.name == command);
            (
                name,
                service,
                program.unwrap_or_else(|| panic!("{name} starts the unknown program {command}")),
            )
        })
        .collect()
}

#[test]
fn every_program_is_started_with_all_of_its_settings_and_no_others() {
    for services in stacks() {
        let started: BTreeSet<_> =
            ours(&services).iter().map(|(.., program)| program.name).collect();
        assert_eq!(started, programs().iter().map(|program| program.name).collect());
        let has_replicas = services.contains_key("redis-2");
        for (name, service, program) in ours(&services) {
            let set: BTreeSet<&str> = names(&service["environment"]).into_iter().collect();
            let mut known: BTreeSet<&str> = program.variables().collect();
            let invented: Vec<_> = set.difference(&known).collect();
            assert!(invented.is_empty(), "{name} knows no {invented:?}");
            known.retain(|variable| !NOT_FOR_OPERATORS.contains(variable));
            known.retain(|variable| has_replicas || !OF_REPLICAS.contains(variable));
            // Only the second engine is a standby.
            known.retain(|variable| *variable != "ENGINE_STANDBY" || name == "engine-standby");
            let left_out: Vec<_> = known.difference(&set).collect();
            assert!(left_out.is_empty(), "{name} does not pass on {left_out:?}");
        }
    }
}

#[test]
fn every_service_is_watched_limited_and_hidden_behind_caddy() {
    for services in stacks() {
        for (name, service) in &services {
            let limits = &service["deploy"]["resources"]["limits"];
            let runs_once = RUN_ONCE.contains(&name.as_str());
            assert!(name == "migrate" || limits["memory"].is_string(), "{name} has no limit");
            assert!(runs_once || service["healthcheck"]["test"].is_array(), "{name}");
            let restart = if runs_once { "no" } else { "unless-stopped" };
            assert_eq!(service["restart"], restart, "{name}");
            let publishes = service.get("ports").is_some();
            assert_eq!(publishes, name == "caddy", "{name} publishes ports");
            let is_at_the_edge = names(&service["networks"]).contains(&"edge");
            let may_be =
                ["caddy", "http-gateway", "realtime"].contains(&name.trim_end_matches("-2"));
            assert_eq!(is_at_the_edge, may_be, "{name}: X-Forwarded-For is trusted there");
        }
        for (name, service, program) in ours(&services) {
            assert_eq!(service["read_only"], true, "{name}");
            let port = program.settings().find(|arg| arg.get_long() == Some("metrics-port"));
            let Some(port) = port.map(|arg| arg.get_default_values()[0].to_str().unwrap()) else {
                continue;
            };
            let expected = serde_json::json!(["CMD", "healthcheck", port]);
            assert_eq!(service["healthcheck"]["test"], expected, "{name}");
            for (other, condition) in service["depends_on"].as_object().unwrap() {
                assert!(services.contains_key(other), "{name} waits for {other}");
                assert!(
                    condition["condition"].is_string(),
                    "{name} waits for {other}, until what?"
                );
            }
        }
    }
}

/// A variable without a value would unset the image's own, unless `.env` sets it.
#[test]
fn the_stack_takes_no_variable_of_the_image_away() {
    let variables = image::variables();
    assert!(variables.contains(&"LOG_FORMAT".to_owned()), "{variables:?}");
    for services in stacks() {
        for (name, service) in services.iter().filter(|(_, service)| service["build"] == ".") {
            for variable in &variables {
                let set = service["environment"].get(variable);
                assert!(set.is_none_or(Value::is_string), "{name}: {variable} has no value");
            }
        }
    }
}

/// Compose does not start services that depend on a container that failed to start.
#[test]
fn caddy_comes_up_whatever_does_not() {
    for services in stacks() {
        assert_eq!(services["caddy"].get("depends_on"), None);
    }
}

/// Compose recreates a container together with those that depend on it, and recreates containers
/// whose environment has a password when the password changes.
#[test]
fn only_services_of_the_database_wait_for_it() {
    for services in stacks() {
        for (name, service, _) in ours(&services).iter().filter(|(name, ..)| *name != "migrate") {
            let uses_it = service["environment"].get("DATABASE_URL").is_some();
            let waits = &service["depends_on"];
            assert_eq!(waits.get("migrate").is_some(), uses_it, "{name}");
            assert!(waits.get("postgres").is_none() && waits.get("redis").is_some(), "{name}");
        }
    }
}

/// The alert `ServiceDown` uses the label to exempt a standby, which may be stopped.
#[test]
fn prometheus_labels_the_standby_of_the_stack() {
    let settings: Value =
        serde_saphyr::from_str(&read("deploy/prometheus/prometheus.yml")).unwrap();
    let jobs = settings["scrape_configs"].as_array().unwrap();
    let engine = jobs.iter().find(|job| job["job_name"] == "engine").unwrap();
    let (looked_up, relabelled) = (&engine["dns_sd_configs"][0], &engine["relabel_configs"][0]);
    let name = looked_up["names"][0].as_str().unwrap();
    assert!(compose()[name]["profiles"].is_array(), "{name} always runs");
    assert_eq!(relabelled["source_labels"], serde_json::json!(["__meta_dns_name"]));
    assert_eq!(relabelled["regex"], name);
    assert_eq!(relabelled["target_label"], "role");
    let role = relabelled["replacement"].as_str().unwrap();
    let alerts = read("deploy/prometheus/alerts.yml");
    for label in [format!("role=\"{role}\""), format!("role!=\"{role}\"")] {
        assert!(alerts.contains(&label), "no alert asks for {label}");
    }
}

/// The tools are needed most when something does not start.
#[test]
fn the_tools_wait_for_nothing_and_are_not_started_with_the_stack() {
    for services in stacks() {
        let tools = &services["tools"];
        assert_eq!(tools["depends_on"], serde_json::json!({}));
        assert_eq!(tools["profiles"], serde_json::json!(["tools"]));
    }
    assert!(!read("docker-compose.yml").contains("profiles: [tools,"));
}

#[test]
fn the_tools_have_the_programs_and_variables_of_the_runbooks() {
    let services = compose();
    let tools = services["tools"]["environment"].as_object().unwrap();
    let page = read("docs/runbooks/README.md");
    let exports: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("export ")).collect();
    assert!(exports.len() >= 10, "{exports:?}");
    for (variable, default) in exports.iter().map(|export| export.split_once('=').unwrap()) {
        let value = tools[variable].as_str().unwrap_or_else(|| panic!("no {variable}"));
        // `"${GATEWAY_METRICS:-localhost:9101}"`: the same port, on a service in the network.
        if variable.ends_with("_METRICS") {
            let (service, port) = value.split_once(':').unwrap();
            assert!(default.contains(&format!(":-localhost:{port}}}")), "{variable}={value}");
            assert_eq!(services[service]["healthcheck"]["test"][2], port, "{variable}={value}");
        }
    }
    // redis-cli signs in as the user whose name is before the colon, even when it is empty.
    let redis = tools["REDIS_URL"].as_str().unwrap();
    assert!(redis.starts_with("redis://default:"), "redis-cli can't sign in with {redis}");
    let dockerfile = read("Dockerfile");
    let image = dockerfile.rsplit("\nFROM ").next().unwrap();
    let install = image.lines().find(|line| line.contains("apt-get install")).unwrap();
    for package in ["curl", "redis-tools", "postgresql-client-"] {
        assert!(install.contains(package), "the image has no {package}");
    }
}

/// A container's own file system is read-only, and removed with it.
#[test]
fn backups_are_written_to_a_volume_that_the_tools_alone_have() {
    let file: Value = serde_saphyr::from_str(&read("docker-compose.yml")).unwrap();
    assert!(file["volumes"].as_object().unwrap().contains_key("backups"));
    let folder = "backups:/var/lib/velox/backups";
    for (name, service) in file["services"].as_object().unwrap() {
        let volumes = service.get("volumes").and_then(Value::as_array).cloned();
        let has_it = volumes.unwrap_or_default().contains(&folder.into());
        assert_eq!(has_it, name == "tools", "{name}");
    }
    // A new volume is owned by the owner of the image's folder.
    assert!(read("Dockerfile").contains("install -d -o velox -g velox"));
    assert!(read("Dockerfile").contains(" /var/lib/velox/backups"));
}

/// Every `docker compose …` line of the documentation.
fn compose_commands() -> Vec<(String, String)> {
    let pages = ["backup", "deployment", "scaling", "security", "upgrading", "runbooks/README"];
    let pages = pages.map(|page| format!("docs/{page}.md"));
    let commands = pages.iter().flat_map(|page| {
        let text = read(page).replace("\\\n", " ");
        let commands: Vec<_> = text
            .split("docker compose ")
            .skip(1)
            .map(|rest| rest.split(['\n', '`', '#', ';', '|', '>', '&']).next().unwrap().to_owned())
            .collect();
        commands.into_iter().map(|command| (page.clone(), command))
    });
    commands.collect()
}

#[test]
fn commands_of_the_documentation_name_services_and_profiles_that_there_are() {
    let [_, services] = stacks();
    let is_service = |word: &str| services.contains_key(word);
    let is_profile = |word: &str| {
        services
            .values()
            .filter_map(|service| service.get("profiles"))
            .any(|profiles| names(profiles).contains(&word))
    };
    let mut checked = 0;
    for (page, command) in compose_commands() {
        let mut words = command.split_whitespace().peekable();
        let mut action = "";
        while let Some(word) = words.next() {
            match word {
                "--profile" => {
                    let profile = words.next().unwrap_or_default();
                    assert!(is_profile(profile), "{page}: docker compose {command}");
                }
                "--tail" | "--env" | "--scale" | "--file" | "-f" => _ = words.next(),
                _ if word.starts_with('-') => {}
                _ if action.is_empty() => action = word,
                _ => {
                    assert!(is_service(word), "{page}: docker compose {command}: {word}");
                    checked += 1;
                    // The rest is a command in the container.
                    if ["run", "exec"].contains(&action) {
                        break;
                    }
                }
            }
        }
    }
    assert!(checked > 15, "{checked} names were found");
}

/// Runs a program; `None` where it is not installed: `cargo xtask test` installs it.
fn try_run(command: &mut Command) -> Option<Output> {
    let output = command.current_dir(root()).output();
    if output.is_err() {
        eprintln!("{} is not installed; skipped", command.get_program().display());
    }
    output.ok()
}

fn made_env(folder: &Path) -> PathBuf {
    let file = folder.join("env");
    let mut make = Command::new("deploy/make-env.sh");
    make.args(["velox.example", "operator@velox.example"]).arg(&file).current_dir(root());
    assert!(make.output().unwrap().status.success());
    file
}
