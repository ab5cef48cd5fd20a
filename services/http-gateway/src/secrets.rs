//! Random texts that open something, and what is kept of them.

use rand::Rng as _;

/// 256 random bits in hexadecimal.
pub fn generate() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    blake3::Hash::from_bytes(bytes).to_hex().to_string()
}

/// What is stored in place of a secret that [`generate`] made: with 256 random bits there is
/// nothing to guess, so that a fast hash is as good as a slow one. Comparing hashes takes the same
/// time wherever they differ.
pub fn fingerprint(secret: &str) -> blake3::Hash {
    blake3::hash(secret.as_bytes())
}

/// Whether a text is of the form of those that [`generate`] makes.
pub fn is_well_formed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
