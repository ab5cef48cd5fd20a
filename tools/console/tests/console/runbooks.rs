//! Runs the commands of `docs/runbooks`, as printed, on a complete stack.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::stack::{Service, Stack};

/// A block to run, and its place.
struct Block {
    page: String,
    line: usize,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks")
}

/// Extracts the blocks marked exactly `sh`, without the indentation of a list.
fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim() != "```sh" {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let block = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
        let text: Vec<&str> = block.map(|line| line.get(indent..).unwrap_or_default()).collect();
        blocks.push(Block { page: page.to_owned(), line: number + 1, text: text.join("\n") });
    }
    blocks
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_runbooks_does_what_the_page_says() {
    let stack = Stack::watched().await;
    let (mut exports, mut pages) = (String::new(), Vec::new());
    let mut found: Vec<_> = fs::read_dir(folder()).unwrap().map(|file| file.unwrap()).collect();
    found.sort_by_key(fs::DirEntry::file_name);
    for file in found {
        let name = file.file_name().into_string().unwrap();
        let found = blocks(&name, &fs::read_to_string(file.path()).unwrap());
        if name == "README.md" {
            exports = found.into_iter().map(|block| block.text).collect();
        } else {
            assert!(!found.is_empty(), "{name} has no commands");
            pages.extend(found);
        }
    }
    assert!(exports.contains("ENGINE_METRICS") && pages.len() > 25, "blocks were not found");
    let failures: Vec<String> =
        pages.iter().filter_map(|block| run(&stack, &exports, block).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn run(stack: &Stack, exports: &str, block: &Block) -> Result<(), String> {
    let console = Path::new(env!("CARGO_BIN_EXE_velox")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["-e", "-u", "-o", "pipefail", "-c", &format!("{exports}\n{}", block.text)])
        .env("PATH", format!("{}:{path}", console.display()))
        .env("REDIS_URL", stack.redis.url())
        .env("DATABASE_URL", stack.postgres.url());
    for (name, service) in [
        ("GATEWAY_METRICS", Service::HttpGateway),
        ("ENGINE_METRICS", Service::Engine),
        ("POLLER_METRICS", Service::PricePoller),
        ("DB_WORKER_METRICS", Service::DbWorker),
        ("REALTIME_METRICS", Service::Realtime),
        ("UPLOADER_METRICS", Service::BatchUploader),
        ("MAILER_METRICS", Service::Mailer),
    ] {
        command.env(name, format!("127.0.0.1:{}", stack.metrics_port(service)));
    }
    let output = command.output().expect("there is a bash");
    let text = String::from_utf8_lossy(&output.stdout);
    // redis-cli prints Redis' errors, but exits with 0.
    let is_refused =
        |line: &str| ["ERR ", "NOGROUP", "WRONGTYPE"].iter().any(|e| line.starts_with(e));
    if output.status.success() && !text.lines().any(is_refused) {
        return Ok(());
    }
    let (error, Block { page, line, text: commands }) =
        (String::from_utf8_lossy(&output.stderr), block);
    Err(format!("{page}:{line} ended with {}:\n{commands}\n{text}{error}", output.status))
}
