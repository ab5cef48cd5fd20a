//! The web UI's files, served with the API.

use crate::counter::Counter;
use http_gateway::web_ui::PAGES;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn pages_files_and_the_api_share_an_origin() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("assets")).unwrap();
    fs::write(dir.path().join("index.html"), "<!doctype html><title>Velox</title>").unwrap();
    fs::write(dir.path().join("trade.html"), "<!doctype html><title>Trade</title>").unwrap();
    fs::write(dir.path().join("landing.html"), "<!doctype html><title>Home</title>").unwrap();
    fs::write(dir.path().join("assets/app-1a2b.js"), "let x = 1;".repeat(1_000)).unwrap();
    // What the build has compressed is sent as it is.
    fs::write(dir.path().join("assets/lib-3c4d.js"), "let y = 2;".repeat(1_000)).unwrap();
    fs::write(dir.path().join("assets/lib-3c4d.js.br"), "compressed by the build").unwrap();
    let counter = Counter::closed_with(&["--web-dir", dir.path().to_str().unwrap()]).await;
    let get = async |path: &str| {
        let encoding = match path {
            "/assets/app-1a2b.js" => "gzip",
            "/assets/lib-3c4d.js" => "gzip, br",
            _ => "identity",
        };
        let request = counter.raw(Method::GET, path).header("accept-encoding", encoding);
        let answer = request.send().await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (caching, encoding) = (header("cache-control"), header("content-encoding"));
        let (status, policy) = (answer.status(), header("content-security-policy").unwrap());
        (status, caching.unwrap(), encoding, policy, answer.bytes().await.unwrap())
    };
    // A page has a file of its own or the one for all, whose router tells the paths apart.
    for (path, title) in [
        ("/", "Home"),
        ("/trade", "Trade"),
        ("/trade?asset=BTCUSDT", "Trade"),
        ("/docs", "Velox"),
        ("/signin", "Velox"),
        ("/register?next=/account", "Velox"),
    ] {
        let (status, caching, _, policy, body) = get(path).await;
        assert_eq!((status, caching.as_str()), (StatusCode::OK, "no-cache"), "{path}");
        assert_eq!(body, format!("<!doctype html><title>{title}</title>"), "{path}");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
    let (status, caching, encoding, _, body) = get("/assets/app-1a2b.js").await;
    assert_eq!((status, encoding.as_deref()), (StatusCode::OK, Some("gzip")));
    assert_eq!(caching, "public, max-age=31536000, immutable");
    assert!(body.len() < 500, "{} bytes", body.len());
    let (status, _, encoding, _, body) = get("/assets/lib-3c4d.js").await;
    assert_eq!((status, encoding.as_deref()), (StatusCode::OK, Some("br")));
    assert_eq!(body, "compressed by the build");
    for path in ["/assets/of-the-last-build.js", "/api/v1/nothing", "/../Cargo.toml"] {
        let (status, ..) = get(path).await;
        assert!(status == StatusCode::NOT_FOUND || path.starts_with("/.."), "{path}: {status}");
    }
    let posted = counter.raw(Method::POST, "/trade").send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::NOT_FOUND);

    let config = counter.raw(Method::GET, "/config.json").header("host", "velox.example:3000");
    let config: serde_json::Value = config.send().await.unwrap().json().await.unwrap();
    assert_eq!(config, json!({ "wsUrl": "ws://velox.example:3006", "signupDeposit": "1000" }));
    let token = counter.sign_up(1).await;
    assert_eq!(counter.get(&token, "/user/me").await.status, StatusCode::OK);
    assert_eq!(counter.raw(Method::GET, "/api/docs/").send().await.unwrap().status(), 200);
}

/// Files of the UI besides the pages, and paths at which there is nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_nothing_is_says_so_with_its_status() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("index.html"), "<!doctype html><title>Velox</title>").unwrap();
    for file in ["robots.txt", "manifest.webmanifest"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/public").join(file);
        fs::copy(source, dir.path().join(file)).unwrap();
    }
    let counter = Counter::closed_with(&["--web-dir", dir.path().to_str().unwrap()]).await;
    let get = async |path: &str| {
        // As a browser that has the page cached.
        let since = "Fri, 31 Dec 2060 23:59:59 GMT";
        let request = counter.raw(Method::GET, path).header("if-modified-since", since);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind, answer.text().await.unwrap())
    };
    for path in ["/nowhere", "/trade/deep/inside", "/Trade"] {
        let (status, kind, body) = get(path).await;
        assert_eq!((status, kind.as_str()), (404, "text/html"), "{path}");
        assert!(body.starts_with("<!doctype html>"), "{path}: the page that says so");
    }
    for path in ["/app.js", "/favicon.ico", "/nowhere/robots.txt"] {
        let (status, kind, _) = get(path).await;
        assert_eq!((status, kind.as_str()), (404, "application/json"), "{path}");
    }
    let read = async |path: &str| {
        let answer = counter.raw(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        (
            answer.headers()["content-type"].to_str().unwrap().to_owned(),
            answer.text().await.unwrap(),
        )
    };
    let (kind, robots) = read("/robots.txt").await;
    assert!(kind.starts_with("text/plain") && robots.contains("User-agent: *"), "{kind}: {robots}");
    let (kind, manifest) = read("/manifest.webmanifest").await;
    assert_eq!(kind, "application/manifest+json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["name"], "Velox");
}

/// A browser that kept an old service worker would keep an old site: everything without a hash in its
/// name is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn an_installed_page_notices_a_new_version() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("icons")).unwrap();
    let files = [
        ("sw.js", "text/javascript"),
        ("offline.html", "text/html"),
        ("offline.css", "text/css"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("icons/icon-192.png", "image/png"),
    ];
    for (file, _) in files {
        fs::write(dir.path().join(file), "one").unwrap();
    }
    let counter = Counter::closed_with(&["--web-dir", dir.path().to_str().unwrap()]).await;
    for (file, kind) in files {
        let answer = counter.raw(Method::GET, &format!("/{file}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{file}");
        assert_eq!(answer.headers()["cache-control"], "no-cache", "{file}");
        let sent = answer.headers()["content-type"].to_str().unwrap();
        assert!(sent.starts_with(kind), "{file}: {sent}");
        // Its page may register it, and nothing inline runs in it.
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'"), "{file}: {policy}");
    }
}

/// The gateway must know the pages, because only it can answer others with 404.
#[test]
fn the_pages_are_those_of_the_ui() {
    let paths = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/paths.ts");
    let paths = fs::read_to_string(paths).unwrap();
    let of_the_ui: BTreeSet<_> = paths
        .lines()
        .skip_while(|line| !line.contains("export const paths"))
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": '")?.1.strip_suffix("',"))
        .collect();
    let known: BTreeSet<_> = PAGES.into_iter().filter(|page| *page != "/docs").collect();
    assert!(of_the_ui.len() > 3, "they were not found");
    assert_eq!(of_the_ui, known);
}

/// Behind a proxy with both on one origin, pages must not be sent to a separate port.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_told_where_the_websocket_is() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let url = "wss://velox.example/ws";
    let counter = Counter::closed_with(&["--web-dir", dir, "--ws-public-url", url]).await;
    let config = counter.raw(Method::GET, "/config.json").header("host", "velox.example");
    let config: serde_json::Value = config.send().await.unwrap().json().await.unwrap();
    assert_eq!(config, json!({ "wsUrl": url, "signupDeposit": "1000" }));
}
