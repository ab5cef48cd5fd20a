//! `docker-compose.yml`, the `Dockerfile` and the `Caddyfile` agree with the programs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use reference::{Program, programs};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Settings that follow from how the stack is built, or that another variable replaces there.
const NOT_FOR_OPERATORS: [&str; 14] = [
    // The file has a single Redis.
    "DURABILITY",
    "DURABILITY_REPLICAS",
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

/// Containers that end by themselves: they are neither monitored nor restarted.
const RUN_ONCE: [&str; 2] = ["migrate", "tools"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn compose() -> Map<String, Value> {
    let file: Value = serde_saphyr::from_str(&read("docker-compose.yml")).unwrap();
    file["services"].as_object().unwrap().clone()
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
    let services = compose();
    let started: BTreeSet<_> = ours(&services).iter().map(|(.., program)| program.name).collect();
    assert_eq!(started, programs().iter().map(|program| program.name).collect());
    for (name, service, program) in ours(&services) {
        let set: BTreeSet<&str> =
            service["environment"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known: BTreeSet<&str> = program.variables().collect();
        let invented: Vec<_> = set.difference(&known).collect();
        assert!(invented.is_empty(), "{name} knows no {invented:?}");
        known.retain(|variable| !NOT_FOR_OPERATORS.contains(variable));
        // Only the second engine is a standby.
        known.retain(|variable| *variable != "ENGINE_STANDBY" || name == "engine-standby");
        let left_out: Vec<_> = known.difference(&set).collect();
        assert!(left_out.is_empty(), "{name} does not pass on {left_out:?}");
    }
}

#[test]
fn every_service_is_watched_limited_and_hidden_behind_caddy() {
    let services = compose();
    for (name, service) in &services {
        let limits = &service["deploy"]["resources"]["limits"];
        let runs_once = RUN_ONCE.contains(&name.as_str());
        assert!(name == "migrate" || limits["memory"].is_string(), "{name} has no limit");
        assert!(runs_once || service["healthcheck"]["test"].is_array(), "{name}");
        let restart = if runs_once { "no" } else { "unless-stopped" };
        assert_eq!(service["restart"], restart, "{name}");
        let publishes = service.get("ports").is_some();
        assert_eq!(publishes, name == "caddy", "{name} publishes ports");
        let networks = service["networks"].as_array().unwrap();
        let is_at_the_edge = networks.contains(&"edge".into());
        let may_be = ["caddy", "http-gateway", "realtime"].contains(&name.as_str());
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
            assert!(condition["condition"].is_string(), "{name} waits for {other}, until what?");
        }
    }
}

/// The variables that the image sets, by name.
fn image_variables() -> Vec<String> {
    let dockerfile = read("Dockerfile");
    let image = dockerfile.rsplit("\nFROM ").next().unwrap();
    let lines = image.lines().filter_map(|line| line.strip_prefix("ENV "));
    let pairs = lines.flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, _)| name.to_owned()).collect()
}

/// A variable without a value would unset the image's own, unless `.env` sets it.
#[test]
fn the_stack_takes_no_variable_of_the_image_away() {
    let variables = image_variables();
    assert!(variables.contains(&"LOG_FORMAT".to_owned()), "{variables:?}");
    let services = compose();
    for (name, service) in services.iter().filter(|(_, service)| service["build"] == ".") {
        for variable in &variables {
            let set = service["environment"].get(variable);
            assert!(set.is_none_or(Value::is_string), "{name}: {variable} has no value");
        }
    }
}

/// Compose does not start services that depend on a container that failed to start.
#[test]
fn caddy_comes_up_whatever_does_not() {
    assert_eq!(compose()["caddy"].get("depends_on"), None);
}

/// Compose recreates a container together with those that depend on it, and recreates containers
/// whose environment has a password when the password changes.
#[test]
fn only_services_of_the_database_wait_for_it() {
    let services = compose();
    for (name, service, _) in ours(&services).iter().filter(|(name, ..)| *name != "migrate") {
        let uses_it = service["environment"].get("DATABASE_URL").is_some();
        let waits = &service["depends_on"];
        assert_eq!(waits.get("migrate").is_some(), uses_it, "{name}");
        assert!(waits.get("postgres").is_none() && waits.get("redis").is_some(), "{name}");
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
    let tools = &compose()["tools"];
    assert_eq!(tools["depends_on"], serde_json::json!({}));
    assert_eq!(tools["profiles"], serde_json::json!(["tools"]));
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
    let pages = ["backup", "deployment", "security", "upgrading", "runbooks/README"];
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
    let services = compose();
    let is_service = |word: &str| services.contains_key(word);
    let is_profile = |word: &str| {
        services
            .values()
            .any(|service| service.get("profiles").is_some_and(|profiles| profiles[0] == word))
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

/// A `# syntax` line would make the builder pull one more image for its frontend.
#[test]
fn nothing_is_pulled_to_build_the_image_but_what_it_is_made_of() {
    let dockerfile = read("Dockerfile");
    assert!(!dockerfile.contains("syntax="), "{}", dockerfile.lines().next().unwrap());
}

/// Copied files have what they need in the build context, and every path exists.
#[test]
fn the_image_is_made_of_what_is_there() {
    let dockerfile = read("Dockerfile");
    let mut count = 0;
    for line in dockerfile.lines().filter(|line| line.starts_with("COPY ")) {
        let mut words: Vec<_> = line.split_whitespace().skip(1).collect();
        words.pop();
        if words.first().is_some_and(|word| word.starts_with("--from=")) {
            continue;
        }
        for source in words {
            assert!(root().join(source).exists(), "COPY {source}");
            count += 1;
        }
    }
    assert!(count >= 3, "the COPY lines were not found");
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{version}-")), "Rust {version} is needed");
    let built: BTreeSet<_> =
        dockerfile.split("--package ").skip(1).filter_map(package_name).collect();
    let mut needed: BTreeSet<_> = programs().iter().map(|program| program.name).collect();
    // The health check, and the operator's console where there is one.
    needed.insert("service");
    needed.extend(root().join("tools/console").is_dir().then_some("console"));
    assert_eq!(built, needed);
    let context = read(".dockerignore");
    let folders = ["crates", "services", "tools"];
    let files = ["Cargo.toml", "Cargo.lock", ".cargo", ".sqlx", "migrations", "web"];
    let mut needed: BTreeSet<String> =
        folders.into_iter().chain(files).map(str::to_owned).collect();
    needed.extend(folders.iter().flat_map(|folder| included_from_the_root(&root().join(folder))));
    assert!(needed.contains("markets.toml"), "included files were not found: {needed:?}");
    for needed in needed {
        assert!(context.contains(&format!("\n!{needed}\n")), ".dockerignore leaves {needed} out");
    }
}

/// The files in the root of the repository that Rust code below `folder` includes.
fn included_from_the_root(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(included_from_the_root(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let included = text.split("include_str!(\"../../../").skip(1);
            let names = included.filter_map(|rest| rest.split('"').next());
            found.extend(names.filter(|name| !name.contains('/')).map(str::to_owned));
        }
    }
    found
}

fn package_name(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-').next()
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

#[test]
fn the_settings_that_are_made_are_secret_and_never_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = made_env(folder.path());
    let text = fs::read_to_string(&file).unwrap();
    let mut secrets = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap();
        assert!(!value.is_empty(), "{name} is empty");
        if name.ends_with("SECRET") || name.ends_with("PASSWORD") {
            assert!(value.len() == 64 && secrets.insert(value.to_owned()), "{name}");
        }
    }
    assert_eq!(secrets.len(), 4, "{text}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read it: {mode:o}");
    let mut again = Command::new("deploy/make-env.sh");
    again.args(["velox.example", "internal"]).arg(&file).current_dir(root());
    assert!(!again.output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_port_in_the_domain_is_no_part_of_the_mails_sender() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    let mut make = Command::new("deploy/make-env.sh");
    make.args(["velox.example:8443", "internal"]).arg(&file).current_dir(root());
    assert!(make.output().unwrap().status.success());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nVELOX_DOMAIN=velox.example:8443\n"), "{text}");
    assert!(text.contains("\nMAIL_FROM=Velox <no-reply@velox.example>\n"), "{text}");
}

#[test]
fn what_can_t_be_a_domain_gets_a_sentence_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    let long = "a".repeat(64);
    let domains = ["", "--help", "https://velox.example", "velox.example/", "me@velox.example"];
    let odd = ["velox..example", ".example", "velox.", "ve lox", "büro.example", "-a.example"];
    let ports = ["a:b", "a:", "::1", &long];
    for domain in domains.into_iter().chain(odd).chain(ports) {
        let mut script = Command::new("deploy/make-env.sh");
        let made =
            script.args([domain, "internal"]).arg(&file).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(
            !made.status.success() && said.trim_end().ends_with(['.', '…']),
            "{domain}: {said}"
        );
        assert!(!file.exists(), "{domain}");
    }
    for domain in
        ["velox.example", "localhost", "192.0.2.7", "localhost:8443", "xn--bro-hoa.example"]
    {
        let file = folder.path().join(domain);
        let mut script = Command::new("deploy/make-env.sh");
        let made =
            script.args([domain, "internal"]).arg(&file).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success() && file.exists(), "{domain}: {said}");
    }
}

#[test]
fn docker_compose_accepts_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = made_env(folder.path());
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("SPREAD_BPS=25\n");
    fs::write(&file, text).unwrap();
    let mut command = Command::new("docker-compose");
    command.arg("--env-file").arg(&file).args(["--profile", "monitoring", "--profile", "standby"]);
    let Some(output) = try_run(command.args(["-f", "docker-compose.yml", "config"])) else {
        return;
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !complaint.contains("WARNING"), "{complaint}");
    let resolved: Value = serde_saphyr::from_slice(&output.stdout).unwrap();
    let environment = |service: &str| resolved["services"][service]["environment"].clone();
    assert_eq!(environment("engine")["SPREAD_BPS"], "25");
    assert_eq!(environment("http-gateway")["WS_PUBLIC_URL"], "wss://velox.example/ws");
    assert_eq!(environment("engine-standby")["ENGINE_STANDBY"], "true");
    assert_eq!(environment("engine")["LOG_FORMAT"], "json");
    let mounted = |resolved: &Value| {
        let source = resolved["services"]["engine"]["volumes"][0]["source"].clone();
        Path::new(source.as_str().unwrap()).strip_prefix(root()).unwrap().to_owned()
    };
    assert_eq!(mounted(&resolved), Path::new("markets.toml"));
    fs::write(
        &file,
        format!("{}MARKETS_FILE=./markets.binance.toml\n", fs::read_to_string(&file).unwrap()),
    )
    .unwrap();
    let mut other = Command::new("docker-compose");
    other.arg("--env-file").arg(&file).args(["-f", "docker-compose.yml", "config"]);
    let output = try_run(&mut other).unwrap();
    let resolved: Value = serde_saphyr::from_slice(&output.stdout).unwrap();
    assert_eq!(mounted(&resolved), Path::new("markets.binance.toml"));
    // Without secrets nothing starts.
    let nothing = folder.path().join("nothing");
    fs::write(&nothing, "").unwrap();
    let mut command = Command::new("docker-compose");
    command.arg("--env-file").arg(&nothing).args(["-f", "docker-compose.yml", "config"]);
    assert!(!try_run(&mut command).unwrap().status.success());
    let mut dev = Command::new("docker-compose");
    assert!(try_run(dev.args(["-f", "compose.dev.yml", "config"])).unwrap().status.success());
}

#[test]
fn caddy_accepts_its_file_and_is_given_what_it_names() {
    let text = read("deploy/caddy/Caddyfile");
    let services = compose();
    let given = services["caddy"]["environment"].as_object().unwrap();
    for name in text.split("{$").skip(1).map(|rest| rest.split(['}', ':']).next().unwrap()) {
        let has_default = text.contains(&format!("{{${name}:"));
        assert!(has_default || given.contains_key(name), "Caddy is not told {name}");
    }
    for service in ["realtime:3006", "http-gateway:3000"] {
        assert!(text.contains(service), "{service}");
    }
    let mut command = Command::new("caddy");
    command
        .args(["validate", "--adapter", "caddyfile", "--config", "deploy/caddy/Caddyfile"])
        .env("VELOX_DOMAIN", "velox.example")
        .env("VELOX_TLS", "operator@velox.example");
    if let Some(output) = try_run(&mut command) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
