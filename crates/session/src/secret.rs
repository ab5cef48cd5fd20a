use std::fmt;
use std::str::FromStr;

/// The length of the shortest accepted secret: HS256 keys below 256 bits can be guessed offline.
const SECRET_LEN_MIN: usize = 32;

/// The settings for the keys of session tokens; the same in every service that issues or checks
/// them.
#[derive(Clone, Debug, clap::Args)]
pub struct SigningArgs {
    /// Secret that signs session tokens; at least 32 bytes, the same for all gateways and realtime
    /// servers.
    #[arg(
        long,
        env = "JWT_SECRET",
        hide_env_values = true,
        allow_hyphen_values = true,
        value_parser = service::secret(str::parse::<Secret>)
    )]
    pub jwt_secret: Secret,
    /// Previous secrets, separated by commas: tokens signed with them stay valid. To replace a
    /// secret, first list the new one here everywhere, then sign with it and list the old one.
    #[arg(
        long,
        env = "JWT_PREVIOUS_SECRETS",
        hide_env_values = true,
        allow_hyphen_values = true,
        value_delimiter = ',',
        value_parser = service::secret(optional)
    )]
    pub jwt_previous_secrets: Vec<Option<Secret>>,
}

/// A secret that is not printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for code that signs or sends with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() < SECRET_LEN_MIN {
            return Err(format!(
                "has {} bytes and needs at least {SECRET_LEN_MIN}; generate one with `openssl rand -hex 32`",
                text.len()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Parses a secret or nothing: Compose files pass an unset variable as an empty one.
fn optional(text: &str) -> Result<Option<Secret>, String> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}
