//! The stack as in production: behind Caddy with the committed Caddyfile, over TLS, on one origin.

use crate::examples::{Examples, Urls};
use crate::private_stack::PrivateStack;
use anyhow::{Context as _, Result, bail};
use devstack::servers::free_port;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// The limit on sign-ins: more than the examples need, fewer than an attacker tries.
const SIGN_INS: u32 = 10;

/// Runs the examples through Caddy, and checks what Caddy adds.
pub fn run(root: &Path, caddy: &Path, examples: &Examples) -> Result<()> {
    let (https, http) = (free_port(), free_port());
    let site = format!("localhost:{https}");
    let stack = PrivateStack::start(
        root,
        &[
            ("APP_ENV", "production".to_owned()),
            ("WEB_DIR", root.join("web/dist").display().to_string()),
            ("FRONTEND_URL", format!("https://{site}")),
            ("WS_PUBLIC_URL", format!("wss://{site}/ws")),
            ("WS_ALLOWED_ORIGINS", format!("https://{site}")),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("RATE_LIMIT_SIGN_IN", format!("{SIGN_INS}/600s")),
            ("PRICE_FEED", "sim".to_owned()),
        ],
    )?;
    let caddy = Caddy::start(root, caddy, &stack, &site, (http, https))?;
    let urls = Urls {
        api: format!("https://{site}"),
        ws: format!("wss://{site}/ws"),
        authority: Some(caddy.authority()),
    };
    examples.run(&stack, &urls)?;

    let page = caddy.curl(&[&format!("{}/trade", urls.api), "--include"])?;
    expect(
        &page,
        &["HTTP/2 200", "strict-transport-security", "content-security-policy", "<html"],
    )?;
    let config = caddy.curl(&[&format!("{}/config.json", urls.api)])?;
    expect(&config, &[&format!(r#""wsUrl":"{}""#, urls.ws)])?;
    let redirect = caddy.curl(&[&format!("http://localhost:{http}/trade"), "--include"])?;
    expect(&redirect, &["308", "ocation: https://localhost"])?;
    caddy.count_by_address(&urls.api)
}

fn expect(answer: &str, parts: &[&str]) -> Result<()> {
    match parts.iter().find(|part| !answer.contains(**part)) {
        Some(part) => bail!("{part:?} is not in this answer:\n{answer}"),
        None => Ok(()),
    }
}

/// A running Caddy with its own certificate authority.
struct Caddy {
    child: Child,
    folder: tempfile::TempDir,
}

impl Caddy {
    fn start(
        root: &Path,
        program: &Path,
        stack: &PrivateStack,
        site: &str,
        (http, https): (u16, u16),
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder can be created")?;
        let address = |url: &str| url.split("//").nth(1).unwrap_or_default().to_owned();
        let log = File::create(folder.path().join("log"))?;
        let child = Command::new(program)
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(root.join("deploy/caddy/Caddyfile"))
            .env("VELOX_DOMAIN", site)
            .env("VELOX_TLS", "internal")
            .env("CADDY_HTTP_PORT", http.to_string())
            .env("CADDY_HTTPS_PORT", https.to_string())
            .env("GRAFANA_PORT", free_port().to_string())
            .env("GATEWAY", address(&stack.web_url))
            .env("REALTIME", address(&stack.ws_url))
            // Keeps its certificates and state in the temporary folder.
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("Caddy can't be started")?;
        let mut caddy = Self { child, folder };
        caddy.wait(&format!("https://{site}/config.json"))?;
        Ok(caddy)
    }

    fn wait(&mut self, url: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.curl(&[url]).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() >= deadline {
                let log = std::fs::read_to_string(self.folder.path().join("log"))?;
                bail!("Caddy does not serve {url}:\n{log}");
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// The certificate of its authority.
    fn authority(&self) -> PathBuf {
        self.folder.path().join("caddy/pki/authorities/local/root.crt")
    }

    fn curl(&self, arguments: &[&str]) -> Result<String> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "10"])
            .args(arguments)
            .env("CURL_CA_BUNDLE", self.authority());
        let output = curl.output().context("curl can't be started")?;
        if !output.status.success() {
            bail!("{curl:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Checks that clients who send `X-Forwarded-For` are still limited by their address.
    fn count_by_address(&self, api: &str) -> Result<()> {
        for n in 0..=SIGN_INS {
            let forwarded = format!("X-Forwarded-For: 203.0.113.{n}");
            // A different account each time, because one account would be locked by itself.
            let body =
                format!(r#"{{"email":"nobody{n}@example.com","password":"not the password"}}"#);
            let status = self.curl(&[
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}",
                "--header",
                &forwarded,
                "--json",
                &body,
                &format!("{api}/api/v1/user/signin"),
            ])?;
            if status == "429" {
                return Ok(());
            }
        }
        bail!("{SIGN_INS} sign-ins with forged X-Forwarded-For headers were not limited");
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
