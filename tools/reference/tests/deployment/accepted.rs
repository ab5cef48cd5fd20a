//! Docker Compose and Caddy accept their files.

use crate::{compose, made_env, read, root, try_run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

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
        let volume = &resolved["services"]["engine"]["volumes"][0];
        // Versions of Compose print a map, or `source:path:ro`.
        let source = volume.get("source").unwrap_or(volume).as_str().unwrap();
        let source = source.split(':').next().unwrap();
        Path::new(source).strip_prefix(root()).unwrap().to_owned()
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
