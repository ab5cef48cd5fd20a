//! Random secrets and the hashes under which they are stored.

use rand::Rng as _;

/// Generates a secret: 256 random bits in hexadecimal.
pub fn generate() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    blake3::Hash::from_bytes(bytes).to_hex().to_string()
}

/// Returns the hash that is stored in place of a secret from [`generate`]. 256 random bits can't be
/// guessed, so a fast hash is as good as a slow one. Comparing hashes takes constant time.
pub fn fingerprint(secret: &str) -> blake3::Hash {
    blake3::hash(secret.as_bytes())
}

/// Returns whether a text has the form of a secret from [`generate`].
pub fn is_well_formed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
