//! Hashes: small tables under one key, which goes after a while unless it is written again.

use crate::connection::Redis;
use crate::entry::{table, text};
use crate::error::Error;
use crate::publish::Batch;
use redis::Value;
use std::time::Duration;

impl Redis {
    /// The values of these fields, in their order; nothing for one that isn't there.
    pub async fn hash_fields(
        &self,
        key: &str,
        fields: &[&str],
    ) -> Result<Vec<Option<String>>, Error> {
        let mut command = redis::cmd("HMGET");
        match self.run(command.arg(key).arg(fields)).await? {
            Value::Array(values) if values.len() == fields.len() => {
                values.into_iter().map(optional_text).collect()
            }
            _ => Err(Error::unexpected("one value for each field")),
        }
    }

    /// All fields with their values; none where the key isn't there.
    pub async fn hash_all(&self, key: &str) -> Result<Vec<(String, String)>, Error> {
        let mut command = redis::cmd("HGETALL");
        let fields = table(self.run(command.arg(key)).await?)?;
        fields.into_iter().map(|(field, value)| Ok((field, text(value)?))).collect()
    }
}

impl Batch {
    /// Sets a field of a hash.
    pub fn hash_set(&mut self, key: &str, field: &str, value: &str) -> &mut Self {
        let mut command = redis::cmd("HSET");
        command.arg(key).arg(field).arg(value);
        self.push(command)
    }

    /// Takes a field out of a hash.
    pub fn hash_remove(&mut self, key: &str, field: &str) -> &mut Self {
        let mut command = redis::cmd("HDEL");
        command.arg(key).arg(field);
        self.push(command)
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) -> &mut Self {
        let mut command = redis::cmd("DEL");
        command.arg(key);
        self.push(command)
    }

    /// Sets a key for good.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value);
        self.push(command)
    }

    /// Gives a key another name; one that is there under that name is replaced.
    pub fn rename(&mut self, key: &str, to: &str) -> &mut Self {
        let mut command = redis::cmd("RENAME");
        command.arg(key).arg(to);
        self.push(command)
    }

    /// Lets Redis remove a key after `ttl`.
    pub fn expire(&mut self, key: &str, ttl: Duration) -> &mut Self {
        let mut command = redis::cmd("PEXPIRE");
        command.arg(key).arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        self.push(command)
    }
}

fn optional_text(value: Value) -> Result<Option<String>, Error> {
    match value {
        Value::Nil => Ok(None),
        value => text(value).map(Some),
    }
}
