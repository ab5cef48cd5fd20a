//! Hashes and plain keys, with expiry.

use crate::connection::Redis;
use crate::entry::{table, text};
use crate::error::Error;
use crate::publish::{Batch, set_expiring};
use redis::Value;
use std::time::Duration;

impl Redis {
    /// Returns the values of these fields, in order; `None` for a missing field.
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

    /// Returns all fields with their values; empty if the key does not exist.
    pub async fn hash_all(&self, key: &str) -> Result<Vec<(String, String)>, Error> {
        let mut command = redis::cmd("HGETALL");
        fields_of(self.run(command.arg(key)).await?)
    }

    /// Sets a key that expires after `ttl` unless it exists; returns whether it did not. Of several
    /// concurrent callers, one sets it.
    pub async fn set_absent(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, Error> {
        let mut command = set_expiring(key, value, ttl);
        Ok(self.run(command.arg("NX")).await? != Value::Nil)
    }
}

impl Batch {
    /// Sets a field of a hash.
    pub fn hash_set(&mut self, key: &str, field: &str, value: &str) -> &mut Self {
        let mut command = redis::cmd("HSET");
        command.arg(key).arg(field).arg(value);
        self.push(command)
    }

    /// Removes a field of a hash.
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

    /// Sets a key without expiry.
    pub fn set(&mut self, key: &str, value: &str) -> &mut Self {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value);
        self.push(command)
    }

    /// Renames a key, replacing any key of the new name.
    pub fn rename(&mut self, key: &str, to: &str) -> &mut Self {
        let mut command = redis::cmd("RENAME");
        command.arg(key).arg(to);
        self.push(command)
    }

    /// Sets the expiry of a key to `ttl` from now.
    pub fn expire(&mut self, key: &str, ttl: Duration) -> &mut Self {
        let mut command = redis::cmd("PEXPIRE");
        command.arg(key).arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        self.push(command)
    }
}

/// Reads the reply to HGETALL.
pub(crate) fn fields_of(reply: Value) -> Result<Vec<(String, String)>, Error> {
    table(reply)?.map(|(field, value)| Ok((field, text(value)?))).collect()
}

fn optional_text(value: Value) -> Result<Option<String>, Error> {
    match value {
        Value::Nil => Ok(None),
        value => text(value).map(Some),
    }
}
