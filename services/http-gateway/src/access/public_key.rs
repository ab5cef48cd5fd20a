//! The public keys of owners who sign with Ed25519: a PEM whose label is `PUBLIC KEY`, as OpenSSL
//! writes it.

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::SubjectPublicKeyInfoRef;
use ed25519_dalek::pkcs8::spki::der::pem::decode_label;
use ed25519_dalek::pkcs8::{ALGORITHM_OID, Document};

const BEGINNING: &str = "-----BEGIN ";
const END: &str = "-----END PUBLIC KEY-----";
const LABEL: &str = "PUBLIC KEY";

/// The problem of a text that is no public key: the end of a sentence that begins with a field's name.
pub type Problem = &'static str;

const NOT_PEM: Problem =
    "must be one PEM, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----";
const PRIVATE: Problem = "is a private key: keep it to yourself, and send the public one";
const NOT_ED25519: Problem = "is not a key of Ed25519; RSA and other algorithms are not supported";
const DAMAGED: Problem = "is damaged: it is a PEM, but contains no public key";
const WEAK: Problem = "is a weak key, for which anyone can make signatures";

/// Reads a public key. Space around it does not matter.
///
/// # Errors
/// When the text is anything else.
pub fn parse(text: &str) -> Result<VerifyingKey, Problem> {
    let text = text.trim();
    if text.contains("PRIVATE KEY-----") {
        return Err(PRIVATE);
    }
    if !text.starts_with(BEGINNING) {
        return Err(NOT_PEM);
    }
    match decode_label(text.as_bytes()) {
        Ok(LABEL) => {}
        Ok("RSA PUBLIC KEY") => return Err(NOT_ED25519),
        _ => return Err(NOT_PEM),
    }
    if !text.ends_with(END) || text.matches(BEGINNING).count() > 1 {
        return Err(NOT_PEM);
    }
    let (_, document) = Document::from_pem(text).map_err(|_| DAMAGED)?;
    let key = SubjectPublicKeyInfoRef::try_from(document.as_bytes()).map_err(|_| DAMAGED)?;
    if key.algorithm.oid != ALGORITHM_OID {
        return Err(NOT_ED25519);
    }
    let key = VerifyingKey::try_from(key).map_err(|_| DAMAGED)?;
    if key.is_weak() { Err(WEAK) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD as BASE64;

    /// The first public key of RFC 8032, as OpenSSL writes it.
    const KEY: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    /// A key of 512 bits that OpenSSL made.
    const RSA: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALs+u8OXrGOYMhit+YLPFCCdnIloNnOz\n\
                       D36W5ItWHx5yV/3OMnjCEhCBUD46Ep+XSvYwgZqbG67Vx0C1Yepvb/cCAwEAAQ==";

    const X25519: &str = "MCowBQYDK2VuAyEADRlcqUoebPkS4/FraG+9zb7e5YX2+wqS0Q9CaQFgPV0=";

    fn pem(label: &str, text: &str) -> String {
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn a_public_key_is_read() {
        let text = pem(LABEL, KEY);
        let key = parse(&text).unwrap();
        let published = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(hex::encode(key.as_bytes()), published);
        assert_eq!(parse(&format!("\n  {}  \n\n", text.trim())), Ok(key));
        assert_eq!(parse(&text.replace('\n', "\r\n")), Ok(key));
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said() {
        let (right, twice) = (pem(LABEL, KEY), pem(LABEL, KEY).repeat(2));
        let point = |first: u8| {
            let mut der = hex::decode("302a300506032b6570032100").unwrap();
            der.extend([[first].as_slice(), &[0; 31]].concat());
            pem(LABEL, &BASE64.encode(der))
        };
        for (text, problem) in [
            ("", NOT_PEM),
            ("nonsense", NOT_PEM),
            (KEY, NOT_PEM),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEq", NOT_PEM),
            (&right[..right.len() - 2], NOT_PEM),
            (&format!("{right}more"), NOT_PEM),
            (&format!("more\n{right}"), NOT_PEM),
            (&twice, NOT_PEM),
            (&pem("CERTIFICATE", KEY), NOT_PEM),
            (&pem("PRIVATE KEY", KEY), PRIVATE),
            (&pem("RSA PRIVATE KEY", KEY), PRIVATE),
            (&pem("ENCRYPTED PRIVATE KEY", KEY), PRIVATE),
            (&format!("{right}{}", pem("PRIVATE KEY", KEY)), PRIVATE),
            (&pem(LABEL, RSA), NOT_ED25519),
            (&pem("RSA PUBLIC KEY", RSA), NOT_ED25519),
            (&pem(LABEL, X25519), NOT_ED25519),
            (&pem(LABEL, ""), DAMAGED),
            (&pem(LABEL, "%%%%"), DAMAGED),
            (&pem(LABEL, &KEY[..40]), DAMAGED),
            (&pem(LABEL, &format!("{}AAAA", &KEY[..56])), DAMAGED),
            (&pem(LABEL, &KEY.replace("MCow", "MCkw")), DAMAGED),
            // No point of the curve.
            (&point(2), DAMAGED),
            // The neutral element.
            (&point(1), WEAK),
        ] {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
    }
}
