//! Lua scripts, called by their hash: the text is sent only to a server that does not have it.

use crate::connection::Redis;
use crate::error::Error;
use redis::{Script, ToRedisArgs, Value};
use std::sync::OnceLock;
use std::time::Duration;

/// A Lua script.
pub(crate) struct Lua {
    text: &'static str,
    /// The text's hash, by which a server knows it.
    hash: OnceLock<String>,
}

impl Lua {
    /// Declares a script with this text.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| Script::new(self.text).get_hash().to_owned())
    }
}

impl Redis {
    /// Runs a script. Waits at most `patience` for a connection.
    pub(crate) async fn script(
        &self,
        script: &Lua,
        keys: &[&str],
        arguments: impl ToRedisArgs,
        patience: Duration,
    ) -> Result<Value, Error> {
        let mut command = redis::cmd("EVALSHA");
        command.arg(script.hash()).arg(keys.len()).arg(keys).arg(&arguments);
        match self.run_within(&command, patience).await {
            Err(error) if error.is_refusal("NOSCRIPT") => {
                let mut command = redis::cmd("EVAL");
                command.arg(script.text).arg(keys.len()).arg(keys).arg(&arguments);
                self.run_within(&command, patience).await
            }
            outcome => outcome,
        }
    }
}
