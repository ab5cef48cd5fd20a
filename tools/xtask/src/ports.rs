//! The ports of one stack, each with a setting, so that a second stack can run beside the first.

use crate::services::{Listener, SERVICES, Service};
use anyhow::{Context as _, Result, bail};
use devstack::servers::is_port_free;
use std::env;

const REDIS_PORT: u16 = 6380;
const POSTGRES_PORT: u16 = 5433;
const METRICS_PORT_BASE: u16 = 9100;

/// The setting that moves all metrics ports.
const METRICS_SETTING: &str = "METRICS_PORT_BASE";

/// The ports that `up` uses.
#[derive(Debug)]
pub struct Ports {
    /// The port of a private Redis.
    pub redis: u16,
    /// The port of a private PostgreSQL.
    pub postgres: u16,
    /// The metrics ports of the services follow this one.
    metrics_base: u16,
    /// The ports for users, by setting.
    listeners: Vec<(&'static str, u16)>,
}

/// A port that must be free, and its purpose.
#[derive(Debug)]
struct Need {
    port: u16,
    what: String,
}

impl Ports {
    /// Reads the settings from the environment.
    pub fn from_env() -> Result<Self> {
        Self::read(&|name| env::var(name).ok())
    }

    fn read(setting: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let port = |name: &'static str, default: u16| port(name, setting(name), default);
        let listeners = listeners().map(|it| Ok((it.setting, port(it.setting, it.port)?)));
        let ports = Self {
            redis: port("REDIS_PORT", REDIS_PORT)?,
            postgres: port("POSTGRES_PORT", POSTGRES_PORT)?,
            metrics_base: port(METRICS_SETTING, METRICS_PORT_BASE)?,
            listeners: listeners.collect::<Result<_>>()?,
        };
        let highest = SERVICES.iter().map(|service| service.metrics_offset).max().unwrap_or(0);
        if ports.metrics_base.checked_add(highest).is_none() {
            bail!(
                "{METRICS_SETTING} is {}, but the metrics need {highest} ports after it",
                ports.metrics_base
            );
        }
        Ok(ports)
    }

    /// The port of a service's metrics and health checks.
    pub fn metrics(&self, service: &Service) -> u16 {
        self.metrics_base + service.metrics_offset
    }

    /// The port that a setting of [`Listener`] chooses.
    ///
    /// # Panics
    /// When there is no such setting.
    pub fn listener(&self, setting: &str) -> u16 {
        let found = self.listeners.iter().find(|(name, _)| *name == setting);
        found.expect("only settings of SERVICES are asked for").1
    }

    /// The settings of the services that follow from the ports, where the defaults do not fit: the
    /// URL of the web UI and the origins that may connect. `is_set` reports whether the environment
    /// sets one.
    pub fn derived(&self, is_set: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        if listeners().all(|listener| self.listener(listener.setting) == listener.port) {
            return Vec::new();
        }
        let ports = [self.listener("WEB_PORT"), self.listener("HTTP_PORT")];
        let hosts = ["localhost", "127.0.0.1"];
        let origins =
            ports.iter().flat_map(|port| hosts.map(|host| format!("http://{host}:{port}")));
        let derived = [
            ("FRONTEND_URL", format!("http://localhost:{}", ports[0])),
            ("WS_ALLOWED_ORIGINS", origins.collect::<Vec<_>>().join(",")),
        ];
        derived.into_iter().filter(|(name, _)| !is_set(name)).collect()
    }

    /// Checks every port before anything is started.
    pub fn check(&self, needs_redis: bool, needs_postgres: bool) -> Result<()> {
        let needs = self.needs(needs_redis, needs_postgres);
        for (n, need) in needs.iter().enumerate() {
            if let Some(other) = needs[..n].iter().find(|other| other.port == need.port) {
                bail!(
                    "port {} is needed twice: for {}, and for {}",
                    need.port,
                    other.what,
                    need.what
                );
            }
            if !is_port_free(need.port) {
                bail!(
                    "port {} is in use by another program; it is needed for {}",
                    need.port,
                    need.what
                );
            }
        }
        Ok(())
    }

    fn needs(&self, redis: bool, postgres: bool) -> Vec<Need> {
        let server = |port: u16, name: &str, setting: &str, url: &str| Need {
            port,
            what: format!("{name} ({setting} chooses another, {url} a server that runs already)"),
        };
        let servers = [
            redis.then(|| server(self.redis, "Redis", "REDIS_PORT", "REDIS_URL")),
            postgres.then(|| server(self.postgres, "PostgreSQL", "POSTGRES_PORT", "DATABASE_URL")),
        ];
        let services = SERVICES.iter().flat_map(|service| {
            let metrics = Need {
                port: self.metrics(service),
                what: format!("the metrics of {} ({METRICS_SETTING} moves them)", service.name),
            };
            let listens = service.listens.iter().map(|Listener { setting, .. }| Need {
                port: self.listener(setting),
                what: format!("{} ({setting} chooses another)", service.name),
            });
            std::iter::once(metrics).chain(listens)
        });
        servers.into_iter().flatten().chain(services).collect()
    }
}

fn listeners() -> impl Iterator<Item = &'static Listener> {
    SERVICES.iter().flat_map(|service| service.listens)
}

/// Parses a port; an unset or empty setting means the default.
fn port(name: &str, value: Option<String>, default: u16) -> Result<u16> {
    let Some(text) = value.filter(|text| !text.is_empty()) else { return Ok(default) };
    let port: u16 =
        text.parse().with_context(|| format!("{name} is {text:?}, which is not a port"))?;
    if port == 0 {
        bail!("{name} is 0; up needs to know the port");
    }
    Ok(port)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use devstack::servers::free_port;
    use std::collections::BTreeSet;

    fn read(set: &[(&str, &str)]) -> Result<Ports> {
        Ports::read(&|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn needed(ports: &Ports) -> BTreeSet<u16> {
        ports.needs(true, true).iter().map(|need| need.port).collect()
    }

    const SECOND: [(&str, &str); 6] = [
        ("REDIS_PORT", "6480"),
        ("POSTGRES_PORT", "5533"),
        ("METRICS_PORT_BASE", "9200"),
        ("WEB_PORT", "3100"),
        ("HTTP_PORT", "3105"),
        ("WS_PORT", "3106"),
    ];

    #[test]
    fn unset_and_empty_settings_mean_the_usual_ports() {
        for ports in [read(&[]).unwrap(), read(&[("REDIS_PORT", ""), ("WEB_PORT", "")]).unwrap()] {
            let usual = [3000, 3005, 3006, 5433, 6380];
            let expected: BTreeSet<u16> = usual.into_iter().chain(9101..=9107).collect();
            assert_eq!(needed(&ports), expected);
            assert_eq!(ports.derived(|_| false), []);
        }
    }

    #[test]
    fn a_second_stack_shares_no_port_with_the_first() {
        let (first, second) = (needed(&read(&[]).unwrap()), needed(&read(&SECOND).unwrap()));
        assert_eq!(first.len(), second.len());
        assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    }

    #[test]
    fn the_runbooks_name_the_usual_metrics_port_of_every_service() {
        let root = crate::settings::workspace_root().unwrap();
        let page = std::fs::read_to_string(root.join("docs/runbooks/README.md")).unwrap();
        let ports = read(&[]).unwrap();
        for service in SERVICES {
            let name = service.metrics_variable;
            let export =
                format!("export {name}=\"${{{name}:-localhost:{}}}\"\n", ports.metrics(service));
            assert!(page.contains(&export), "{export}");
        }
    }

    #[test]
    fn the_page_of_a_second_stack_may_connect_to_it() {
        let derived = read(&SECOND).unwrap().derived(|_| false);
        let origins = "http://localhost:3100,http://127.0.0.1:3100,http://localhost:3105,http://127.0.0.1:3105";
        assert_eq!(derived[0], ("FRONTEND_URL", "http://localhost:3100".to_owned()));
        assert_eq!(derived[1], ("WS_ALLOWED_ORIGINS", origins.to_owned()));
        let names = |derived: Vec<(&'static str, String)>| {
            derived.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let derived = read(&SECOND).unwrap().derived(|name| name == "FRONTEND_URL");
        assert_eq!(names(derived), ["WS_ALLOWED_ORIGINS"], "what is set is not set again");
    }

    #[test]
    fn what_is_no_port_is_refused_by_name() {
        for (name, value, part) in [
            ("REDIS_PORT", "redis", "REDIS_PORT is \"redis\""),
            ("POSTGRES_PORT", "65536", "POSTGRES_PORT is \"65536\""),
            ("WEB_PORT", "0", "WEB_PORT is 0"),
            ("METRICS_PORT_BASE", "65530", "METRICS_PORT_BASE is 65530"),
        ] {
            let error = format!("{:#}", read(&[(name, value)]).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
        assert!(read(&[("METRICS_PORT_BASE", "65528")]).is_ok());
    }

    #[test]
    fn a_port_that_is_taken_is_named_with_the_setting_that_chooses_another() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let ports = read(&[("REDIS_PORT", &port)]).unwrap();
        let error = ports.check(true, false).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} is in use")), "{error}");
        assert!(error.contains("REDIS_PORT chooses another"), "{error}");
    }

    #[test]
    fn a_port_that_is_chosen_twice_is_refused() {
        let port = free_port().to_string();
        let ports = read(&[("REDIS_PORT", &port), ("POSTGRES_PORT", &port)]).unwrap();
        let error = ports.check(true, true).unwrap_err().to_string();
        assert!(error.contains("needed twice: for Redis"), "{error}");
        assert!(error.contains("and for PostgreSQL"), "{error}");
    }
}
