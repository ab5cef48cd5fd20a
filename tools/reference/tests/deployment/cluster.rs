//! `docker-compose.cluster.yml` makes a cluster of the single Redis, and leaves the rest as it is.

use crate::{compose, compose_file, made_env, names, ours, root, try_run};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::process::Command;

/// The nodes that form the cluster, in the order of their addresses.
const NODES: [&str; 6] = ["redis", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"];

/// The node that joins by hand.
const SPARE: &str = "redis-7";

/// The stack of both files, merged as Compose merges them.
pub(crate) fn with_cluster() -> Value {
    let mut file = compose_file("docker-compose.yml");
    merge(&mut file, compose_file("docker-compose.cluster.yml"));
    file
}

fn merge(file: &mut Value, other: Value) {
    match (file, other) {
        (Value::Object(map), Value::Object(others)) => {
            for (name, other) in others {
                match map.get_mut(&name) {
                    Some(volumes) if name == "volumes" && volumes.is_array() => {
                        mount(volumes.as_array_mut().unwrap(), &other);
                    }
                    Some(value) => merge(value, other),
                    None => _ = map.insert(name, other),
                }
            }
        }
        (value, other) => *value = other,
    }
}

/// Adds mounts to those of a service, in place of those at the same path.
fn mount(volumes: &mut Vec<Value>, others: &Value) {
    let path = |volume: &Value| volume.as_str().unwrap().split(':').nth(1).unwrap().to_owned();
    for other in others.as_array().unwrap() {
        volumes.retain(|volume| path(volume) != path(other));
        volumes.push(other.clone());
    }
}

fn services() -> Map<String, Value> {
    with_cluster()["services"].as_object().unwrap().clone()
}

fn address(node: &Value) -> &str {
    node["networks"]["backend"]["ipv4_address"].as_str().unwrap()
}

#[test]
fn all_services_have_the_same_redis() {
    let services = services();
    let shared = |service: &Value| {
        let environment = service["environment"].clone();
        ["REDIS_URL", "SHARDS", "DURABILITY", "DURABILITY_REPLICAS"]
            .map(|name| environment[name].clone())
    };
    let tools = shared(&services["tools"]);
    let using = ours(&services).into_iter().filter(|(name, ..)| *name != "migrate");
    for (name, service, _) in using {
        assert_eq!(shared(service), tools, "{name}");
        let waits = &service["depends_on"]["redis-cluster"];
        assert_eq!(waits["condition"], "service_completed_successfully", "{name}");
    }
    assert!(tools[1].as_str().unwrap().starts_with("${SHARDS:-"), "{tools:?}");
    assert_eq!(tools[2], "${DURABILITY:-replicated}");
}

#[test]
fn nodes_differ_by_their_address_and_their_volume_alone() {
    let (services, single) = (services(), compose());
    let (mut addresses, mut volumes) = (BTreeSet::new(), BTreeSet::new());
    let common = |node: &Value| {
        let mut node = node.as_object().unwrap().clone();
        node.retain(|name, _| !["networks", "volumes", "profiles"].contains(&name.as_str()));
        node
    };
    for name in NODES.into_iter().chain([SPARE]) {
        let node = &services[name];
        assert_eq!(common(node), common(&services["redis"]), "{name}");
        assert_eq!(names(&node["networks"]), ["backend"], "{name}");
        assert!(addresses.insert(address(node)), "{name}");
        let volume = names(&node["volumes"])[0].strip_suffix(":/data").unwrap();
        assert!(with_cluster()["volumes"].as_object().unwrap().contains_key(volume), "{volume}");
        assert!(volumes.insert(volume.to_owned()), "{name}");
    }
    // With the other file alone, Redis starts with data of its own.
    assert!(!volumes.contains("redis"), "{volumes:?}");
    for name in NODES.into_iter().chain([SPARE, "redis-cluster"]) {
        assert_eq!(services[name]["image"], single["redis"]["image"], "{name}");
    }
}

#[test]
fn nodes_keep_what_a_single_redis_keeps() {
    let options = |service: &Value| {
        let command = service["command"].as_str().unwrap().to_owned();
        let options = command.split(" --").skip(1).map(|option| option.trim().to_owned());
        options.filter(|option| !option.starts_with("maxmemory ")).collect::<BTreeSet<_>>()
    };
    let nodes = options(&services()["redis"]);
    assert!(options(&compose()["redis"]).is_subset(&nodes), "{nodes:?}");
    let wanted = [
        "cluster-enabled yes",
        "cluster-node-timeout 2000",
        "cluster-require-full-coverage no",
        "masterauth ${REDIS_PASSWORD}",
        "min-replicas-max-lag 2",
        "min-replicas-to-write 1",
    ];
    for option in wanted {
        assert!(nodes.contains(option), "no --{option} in {nodes:?}");
    }
}

#[test]
fn the_cluster_is_formed_of_the_nodes_that_services_are_told() {
    let services = services();
    let nodes: Vec<_> =
        NODES.iter().map(|name| format!("{}:6379", address(&services[*name]))).collect();
    let forms = &services["redis-cluster"];
    let command = names(&forms["command"]);
    assert_eq!(command[..2], ["sh", "/form-cluster.sh"]);
    assert_eq!(command[2..], nodes);
    assert_eq!(names(&forms["volumes"]), ["./deploy/redis/form-cluster.sh:/form-cluster.sh:ro"]);
    assert!(root().join("deploy/redis/form-cluster.sh").exists());
    assert_eq!(names(&forms["depends_on"]), NODES);
    let url = services["tools"]["environment"]["REDIS_URL"].as_str().unwrap();
    assert_eq!(url.split_once('@').unwrap().1, nodes.join(","));
}

/// Other containers get addresses of their network's upper half.
#[test]
fn no_container_gets_the_address_of_a_node() {
    let (file, services) = (with_cluster(), services());
    let backend = &file["networks"]["backend"];
    assert_eq!(backend["internal"], true);
    let pool = &backend["ipam"]["config"][0];
    let prefix = pool["subnet"].as_str().unwrap().strip_suffix(".0/24").unwrap();
    assert_eq!(pool["ip_range"], format!("{prefix}.128/25"));
    for name in NODES.into_iter().chain([SPARE]) {
        let host = address(&services[name]).strip_prefix(&format!("{prefix}.")).unwrap();
        assert!((2..128).contains(&host.parse::<u8>().unwrap()), "{name}: {host}");
    }
}

/// The profile `cluster` of the single machine's file adds nothing but these.
#[test]
fn seconds_are_started_with_the_cluster() {
    let single = compose();
    let of_cluster = single.iter().filter(|(_, service)| {
        service.get("profiles").is_some_and(|profiles| names(profiles).contains(&"cluster"))
    });
    let of_cluster: Vec<_> = of_cluster.map(|(name, _)| name.as_str()).collect();
    assert_eq!(of_cluster, ["engine-standby", "http-gateway-2", "realtime-2"]);
    for (second, first) in [("http-gateway-2", "http-gateway"), ("realtime-2", "realtime")] {
        let mut second = single[second].clone();
        second.as_object_mut().unwrap().remove("profiles");
        assert_eq!(second, single[first]);
    }
}

#[test]
fn caddy_asks_both_of_a_kind_whether_they_are_ready() {
    let services = services();
    let environment = &services["caddy"]["environment"];
    for (variable, first, port) in
        [("GATEWAY", "http-gateway", "3000"), ("REALTIME", "realtime", "3006")]
    {
        let text = environment[variable].as_str().unwrap();
        let second = format!("{first}-2");
        assert!(text.starts_with(&format!("{first}:{port} {second}:{port} {{\n")), "{text}");
        for service in [first, &second] {
            let metrics = services[service]["healthcheck"]["test"][2].as_str().unwrap();
            assert!(text.contains(&format!("health_port {metrics}\n")), "{service}: {text}");
        }
    }
    let mut caddy = Command::new("caddy");
    caddy
        .args(["adapt", "--validate", "--adapter", "caddyfile"])
        .args(["--config", "deploy/caddy/Caddyfile"])
        .envs([("VELOX_DOMAIN", "velox.example"), ("VELOX_TLS", "operator@velox.example")])
        .envs(["GATEWAY", "REALTIME"].map(|name| (name, environment[name].as_str().unwrap())));
    let Some(output) = try_run(&mut caddy) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let adapted = String::from_utf8_lossy(&output.stdout).replace(char::is_whitespace, "");
    assert_eq!(adapted.matches("\"uri\":\"/readyz\"").count(), 4, "{adapted}");
}

#[test]
fn docker_compose_accepts_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = made_env(folder.path());
    let mut command = Command::new("docker-compose");
    command.arg("--env-file").arg(&file).args(["--profile", "cluster", "--profile", "spare"]);
    command.args(["-f", "docker-compose.yml", "-f", "docker-compose.cluster.yml", "config"]);
    let Some(output) = try_run(&mut command) else { return };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !complaint.contains("WARNING"), "{complaint}");
    let resolved: Value = serde_saphyr::from_slice(&output.stdout).unwrap();
    let merged = services();
    for (name, service) in resolved["services"].as_object().unwrap() {
        let expected = &merged[name];
        for list in ["environment", "networks", "depends_on"] {
            let of = |service: &Value| -> BTreeSet<String> {
                let found = service.get(list).map(names).unwrap_or_default();
                found.into_iter().map(str::to_owned).collect()
            };
            assert_eq!(of(service), of(expected), "{name}: {list}");
        }
    }
    let url = resolved["services"]["engine"]["environment"]["REDIS_URL"].as_str().unwrap();
    let nodes = url.split_once('@').unwrap().1;
    assert!(nodes.starts_with("172.30.252.11:6379,172.30.252.12:6379,"), "{nodes}");
}
