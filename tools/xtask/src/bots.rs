//! Runs real clients of Binance Futures against Velox: their life cycles in `tools/xtask/bots`, and the
//! programs of docs/bots.md as printed.

use crate::private_stack::PrivateStack;
use crate::settings::{target_dir, workspace_root};
use crate::steps::{build_services, step};
use crate::{install, python, web};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The seconds in which freqtrade closes a long and a short.
const FREQTRADE_PATIENCE_S: u32 = 420;

/// A client's program: its file, and the runtime that has the client.
struct Program {
    file: &'static str,
    runtime: Runtime,
}

/// A runtime with pinned clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runtime {
    /// Python with ccxt, python-binance and Binance's SDK.
    Python,
    /// Python with `nautilus_trader`.
    Nautilus,
    /// Node.js with ccxt and binance.
    Node,
}

/// The life cycles.
const LIVES: [Program; 7] = [
    Program { file: "ccxt_life.py", runtime: Runtime::Python },
    Program { file: "ccxt_life.mjs", runtime: Runtime::Node },
    Program { file: "python_binance_life.py", runtime: Runtime::Python },
    Program { file: "binance_sdk_life.py", runtime: Runtime::Python },
    Program { file: "ed25519_life.py", runtime: Runtime::Python },
    Program { file: "npm_binance_life.mjs", runtime: Runtime::Node },
    Program { file: "nautilus_life.py", runtime: Runtime::Nautilus },
];

/// The modules that the life cycles in JavaScript share.
const NODE_MODULES: [&str; 2] = ["checks.mjs", "relay.mjs"];

/// The programs of docs/bots.md, by the names of their blocks.
const DOCUMENTED: [Program; 6] = [
    Program { file: "ccxt_bot.py", runtime: Runtime::Python },
    Program { file: "ccxt_bot.mjs", runtime: Runtime::Node },
    Program { file: "python_binance_bot.py", runtime: Runtime::Python },
    Program { file: "binance_sdk_bot.py", runtime: Runtime::Python },
    Program { file: "npm_binance_bot.mjs", runtime: Runtime::Node },
    Program { file: "nautilus_bot.py", runtime: Runtime::Nautilus },
];

/// Runs all clients, or those whose files begin with one of `names`.
pub fn run(names: &[String]) -> Result<()> {
    install::ensure(true, true)?;
    let root = workspace_root()?;
    build_services()?;
    let clients =
        Clients { scripts: root.join("tools/xtask/bots"), target: target_dir(&root).join("bots") };
    let is_meant =
        |file: &str| names.is_empty() || names.iter().any(|name| file.starts_with(name.as_str()));
    step("the clients are installed", || clients.install(is_meant))?;
    let page = fs::read_to_string(root.join("docs/bots.md")).context("docs/bots.md")?;
    let stack = PrivateStack::start(&root, &[("PRICE_FEED", "sim".to_owned())])?;
    let bench = Bench { clients: &clients, stack: &stack, page: &page };
    for Program { file, runtime } in LIVES.iter().filter(|program| is_meant(program.file)) {
        step(file, || bench.life(file, *runtime))?;
    }
    for Program { file, runtime } in DOCUMENTED.iter().filter(|program| is_meant(program.file)) {
        step(&format!("docs/bots.md: {file}"), || bench.documented(file, *runtime))?;
    }
    if is_meant("freqtrade") {
        step("docs/bots.md: freqtrade", || bench.freqtrade())?;
    }
    Ok(())
}

/// The installed clients.
struct Clients {
    scripts: PathBuf,
    target: PathBuf,
}

impl Clients {
    fn install(&self, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        fs::create_dir_all(&self.target)?;
        let all = LIVES.iter().chain(&DOCUMENTED);
        let needed: Vec<Runtime> =
            all.filter(|program| is_meant(program.file)).map(|program| program.runtime).collect();
        python::environment(&self.target.join("python"), &self.scripts.join("requirements.txt"))?;
        for (name, is_needed) in [
            ("nautilus", needed.contains(&Runtime::Nautilus)),
            ("freqtrade", is_meant("freqtrade")),
        ] {
            if is_needed {
                let requirements = self.scripts.join(name).join("requirements.txt");
                python::environment(&self.target.join(name), &requirements)?;
            }
        }
        if needed.contains(&Runtime::Node) {
            let folder = self.target.join("node");
            fs::create_dir_all(&folder)?;
            for file in ["package.json", "package-lock.json", ".npmrc"] {
                fs::copy(self.scripts.join("node").join(file), folder.join(file))?;
            }
            for file in NODE_MODULES {
                fs::copy(self.scripts.join(file), folder.join(file))?;
            }
            web::npm(&folder, &["ci", "--silent", "--no-audit", "--no-fund"])?;
        }
        Ok(())
    }

    fn python(&self, environment: &str) -> PathBuf {
        self.target.join(environment).join("bin/python")
    }

    /// Returns the command that runs a program. Node.js finds packages beside a program.
    fn command(&self, runtime: Runtime, program: &Path) -> Result<Command> {
        let mut command = match runtime {
            Runtime::Python => Command::new(self.python("python")),
            Runtime::Nautilus => Command::new(self.python("nautilus")),
            Runtime::Node => Command::new("node"),
        };
        let program = if runtime == Runtime::Node {
            let name = program.file_name().context("a program has a name")?;
            let beside = self.target.join("node").join(name);
            fs::copy(program, &beside)?;
            beside
        } else {
            command.arg("-B");
            program.to_owned()
        };
        command.arg(program);
        Ok(command)
    }
}

/// The clients, and the Velox that they speak to.
struct Bench<'a> {
    clients: &'a Clients,
    stack: &'a PrivateStack,
    page: &'a str,
}

impl Bench<'_> {
    /// The base of the WebSocket for clients of Binance.
    fn ws_url(&self) -> String {
        format!("{}/binance", self.stack.ws_url)
    }

    /// Makes a key pair with an account of its own.
    fn key_pair(&self, name: &str) -> Result<(String, String)> {
        let mut command = Command::new(self.clients.python("python"));
        command.arg("-B").arg(self.clients.scripts.join("key_pair.py"));
        let output =
            command.arg(&self.stack.api_url).arg(name).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut words = text.split_whitespace().map(str::to_owned);
        words.next().zip(words.next()).with_context(|| format!("no key pair: {text}"))
    }

    fn life(&self, file: &str, runtime: Runtime) -> Result<()> {
        let (key, secret) = self.key_pair(file)?;
        let mut command = self.clients.command(runtime, &self.clients.scripts.join(file))?;
        command.arg(&self.stack.api_url).arg(self.ws_url()).arg(key).arg(secret);
        self.finish(file, &mut command)
    }

    /// Runs a program of the page, with the addresses and the key pair of this run.
    fn documented(&self, file: &str, runtime: Runtime) -> Result<()> {
        let folder = tempfile::tempdir().context("no folder can be created")?;
        let program = folder.path().join(file);
        self.write(file, &program, &self.key_pair(file)?)?;
        self.finish(file, &mut self.clients.command(runtime, &program)?)
    }

    fn freqtrade(&self) -> Result<()> {
        let folder = tempfile::tempdir().context("no folder can be created")?;
        let pair = self.key_pair("freqtrade")?;
        for file in ["config.json", "alternate.py"] {
            self.write(file, &folder.path().join(file), &pair)?;
        }
        let mut command = Command::new(self.clients.python("freqtrade"));
        command.arg("-B").arg(self.clients.scripts.join("freqtrade_life.py"));
        command.arg(&self.stack.api_url).args([&pair.0, &pair.1]).arg(folder.path());
        self.finish("freqtrade", command.arg(FREQTRADE_PATIENCE_S.to_string()))
    }

    /// Writes a block of the page to a file.
    fn write(&self, name: &str, file: &Path, (key, secret): &(String, String)) -> Result<()> {
        let text = block(self.page, name)?
            .replace("ws://localhost:3006/binance", &self.ws_url())
            .replace("http://localhost:3000", &self.stack.api_url)
            .replace("YOUR_KEY", key)
            .replace("YOUR_SECRET", secret);
        fs::write(file, text).with_context(|| file.display().to_string())
    }

    fn finish(&self, name: &str, command: &mut Command) -> Result<()> {
        if self.stack.run(command)? { Ok(()) } else { bail!("{name} failed; see above") }
    }
}

/// Returns the block of a page whose first line ends with this name.
fn block<'a>(page: &'a str, name: &str) -> Result<&'a str> {
    let opening = format!(" {name}\n");
    let mut blocks = page.split("```").skip(1).step_by(2);
    let found = blocks.find_map(|block| {
        let (language, rest) = block.split_once(&opening)?;
        (!language.contains('\n')).then_some(rest)
    });
    found.with_context(|| format!("docs/bots.md has no block {name}"))
}
