//! A parser for settings that hold a secret.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use std::ffi::OsStr;

/// A parser for a setting that holds a secret. Unlike clap's own parsers, it does not repeat the
/// value in errors. The error of `parse` completes a sentence that begins with the setting's name.
pub fn secret<T>(parse: fn(&str) -> Result<T, String>) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    SecretParser(parse)
}

#[derive(Clone)]
struct SecretParser<T>(fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for SecretParser<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let parsed = value.to_str().ok_or_else(|| "is not UTF-8".to_owned()).and_then(self.0);
        parsed.map_err(|problem| {
            let variable = arg.and_then(Arg::get_env).map(OsStr::to_string_lossy);
            let name = variable.unwrap_or_else(|| "a setting".into());
            Error::raw(ErrorKind::ValueValidation, format!("{name} {problem}")).with_cmd(command)
        })
    }
}
