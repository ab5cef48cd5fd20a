//! The pairs of the API in the shape of Binance Futures: a key, and a secret that signs.
//!
//! A signature with HMAC can only be checked by who knows the secret, and a stored secret can be
//! stolen. The secret of a key is therefore derived from the secret of the gateways whenever it is
//! needed. Owners who sign with Ed25519 give a public key, and there is no secret.

use hmac::{Hmac, KeyInit as _, Mac as _};
use session::SigningArgs;
use sha2::Sha256;
use uuid::Uuid;

/// The prefix of a key.
const PREFIX: &str = "vlx_";

/// The text that tells this use of the gateways' secret from all others, with its version.
const CONTEXT: &[u8] = b"velox exchange key 1";

/// Derives the secrets of keys.
pub struct KeyPairs {
    /// The gateways' secrets, the current one first.
    masters: Vec<Vec<u8>>,
}

impl KeyPairs {
    /// Derives secrets from the one that signs session tokens; finds those from its predecessors too.
    pub fn new(args: &SigningArgs) -> Self {
        let previous = args.jwt_previous_secrets.iter().flatten();
        let all = [&args.jwt_secret].into_iter().chain(previous);
        Self { masters: all.map(|secret| secret.reveal().as_bytes().to_vec()).collect() }
    }

    /// Returns the secret of a new key.
    pub fn secret(&self, id: Uuid) -> String {
        let master = self.masters.first().expect("there is a current secret");
        derive(master, id)
    }

    /// Returns the secret of a key by its stored hash; `None` if it was derived from a secret that
    /// the gateways no longer have.
    pub fn find(&self, id: Uuid, hash: &blake3::Hash) -> Option<String> {
        let mut secrets = self.masters.iter().map(|master| derive(master, id));
        secrets.find(|secret| blake3::hash(secret.as_bytes()) == *hash)
    }
}

fn derive(master: &[u8], id: Uuid) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("HMAC takes a key of any length");
    mac.update(CONTEXT);
    mac.update(id.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Returns the public key with this id.
pub fn public_key(id: Uuid) -> String {
    format!("{PREFIX}{}", id.simple())
}

/// Returns the id of a public key, if it has the form of one.
pub fn id_of(key: &str) -> Option<Uuid> {
    let id = key.strip_prefix(PREFIX).filter(|id| id.len() == 32)?;
    Uuid::try_parse(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_as_long_as_what_it_is_derived_from() {
        let pairs = |texts: &[&str]| KeyPairs {
            masters: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
        };
        let id = Uuid::from_u128(7);
        let secret = pairs(&["old"]).secret(id);
        assert_eq!(secret.len(), 64);
        let hash = blake3::hash(secret.as_bytes());
        assert_eq!(pairs(&["new", "old"]).find(id, &hash), Some(secret));
        assert_eq!(pairs(&["new"]).find(id, &hash), None);
        assert_ne!(pairs(&["old"]).secret(Uuid::from_u128(8)), pairs(&["old"]).secret(id));
    }

    #[test]
    fn a_key_names_its_id() {
        let id = Uuid::from_u128(7);
        assert_eq!(id_of(&public_key(id)), Some(id));
        for wrong in ["", "vlx_", "vlx_x", "0190a6e47f3c7c1a9d523b1f0a8c4e11"] {
            assert_eq!(id_of(wrong), None, "{wrong}");
        }
    }
}
