//! The signature of a request: HMAC-SHA256 or Ed25519 of its parameters.

use super::error::Error;
use super::params::{Moment, Params};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode;
use sha2::Sha256;

/// The parameter that is the signature.
pub const SIGNATURE: &str = "signature";

/// The age up to which a request is accepted if it names none, ms.
const RECV_WINDOW_MS: u64 = 5_000;
const RECV_WINDOW_MS_MAX: u64 = 60_000;

/// The time by which the clock of a client may be ahead, ms.
const AHEAD_MS_MAX: u64 = 1_000;

/// The parameters that the signature of a request is about.
pub enum Signed<'a> {
    /// The query, directly followed by the body.
    Form { query: &'a str, body: &'a [u8] },
    /// The parameters in alphabetical order.
    Sorted,
}

/// The key that checks a signature.
pub enum Verifier {
    /// The secret of HMAC-SHA256, whose signatures are hexadecimal.
    Secret(String),
    /// The public key of Ed25519, whose signatures are base64.
    PublicKey(VerifyingKey),
}

impl Signed<'_> {
    /// Returns the text that is signed, encoded and not, if that differs. Clients sign the one or the
    /// other, whatever they send.
    fn texts(&self, params: &Params) -> Vec<Vec<u8>> {
        let mut texts = match self {
            Self::Form { query, body } => {
                let mut text = unsigned(query.as_bytes());
                text.extend(unsigned(body));
                let decoded = percent_decode(&text).collect();
                vec![text, decoded]
            }
            Self::Sorted => {
                let mut pairs: Vec<_> =
                    params.pairs().filter(|(name, _)| *name != SIGNATURE).collect();
                pairs.sort_unstable();
                let encoded =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
                let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={value}"));
                vec![pairs.collect::<Vec<_>>().join("&").into(), encoded.into()]
            }
        };
        texts.dedup();
        texts
    }
}

/// Checks the signature of a request. It may be any of the parameters.
///
/// # Errors
/// When it is missing or wrong.
pub fn check(verifier: &Verifier, signed: &Signed<'_>, params: &Params) -> Result<(), Error> {
    let signature = params.get(SIGNATURE).ok_or_else(|| Error::missing(SIGNATURE))?;
    let texts = signed.texts(params);
    let is_right = match verifier {
        Verifier::Secret(secret) => {
            let signature = hex::decode(signature).map_err(|_| Error::SIGNATURE)?;
            texts.iter().any(|text| is_code(&signature, secret, text))
        }
        Verifier::PublicKey(key) => {
            // A client encodes it for a query, and sends that in JSON as well.
            let signature: Vec<u8> = percent_decode(signature.as_bytes()).collect();
            let bytes = BASE64_STANDARD.decode(signature).map_err(|_| Error::SIGNATURE)?;
            let signature = Signature::from_slice(&bytes).map_err(|_| Error::SIGNATURE)?;
            texts.iter().any(|text| key.verify_strict(text, &signature).is_ok())
        }
    };
    if is_right { Ok(()) } else { Err(Error::SIGNATURE) }
}

/// Returns whether a signature is the HMAC of a text.
fn is_code(signature: &[u8], secret: &str, text: &[u8]) -> bool {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text);
    // In constant time.
    mac.verify_slice(signature).is_ok()
}

/// Returns an encoded form without its signature.
fn unsigned(form: &[u8]) -> Vec<u8> {
    let pairs = form.split(|byte| *byte == b'&');
    let kept: Vec<&[u8]> = pairs.filter(|pair| !pair.starts_with(b"signature=")).collect();
    kept.join(&b'&')
}

/// Checks that a request was made just now.
///
/// # Errors
/// When its timestamp is missing, ahead, or older than its `recvWindow`.
pub fn check_time(params: &Params, now_ms: u64) -> Result<(), Error> {
    let Moment(timestamp_ms) = params.required("timestamp")?;
    let window_ms = params.optional("recvWindow")?.unwrap_or(RECV_WINDOW_MS);
    if window_ms > RECV_WINDOW_MS_MAX {
        return Err(Error::invalid("recvWindow"));
    }
    if timestamp_ms > now_ms + AHEAD_MS_MAX {
        return Err(Error::TIMESTAMP_AHEAD);
    }
    if now_ms.saturating_sub(timestamp_ms) > window_ms {
        return Err(Error::TIMESTAMP_OLD);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Binance's documentation.
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    fn secret() -> Verifier {
        Verifier::Secret(SECRET.to_owned())
    }

    #[test]
    fn the_published_examples_hold() {
        let query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1\
                     &recvWindow=5000&timestamp=1499827319559";
        let signature = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
        let signed = format!("{query}&signature={signature}");
        let form = |query: &str, body: &str| {
            let params = Params::parse(query, body.as_bytes());
            check(&secret(), &Signed::Form { query, body: body.as_bytes() }, &params)
        };
        assert_eq!(form(&signed, ""), Ok(()));
        assert_eq!(form("", &signed), Ok(()));
        assert_eq!(form(&format!("signature={signature}&{query}"), ""), Ok(()));
        assert_eq!(form(query, ""), Err(Error::missing("signature")));
        assert_eq!(form(&signed.replace("BUY", "SELL"), ""), Err(Error::SIGNATURE));
        assert_eq!(form(&format!("{query}&signature=xyz"), ""), Err(Error::SIGNATURE));
        // The query and the body together, without anything between them.
        let signature = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77";
        let query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC";
        let body = format!(
            "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&signature={signature}"
        );
        assert_eq!(form(query, &body), Ok(()));
    }

    /// The signatures are made with `openssl dgst -sha256 -hmac`.
    #[test]
    fn sorted_parameters_are_signed_encoded_or_not() {
        let form = |signature: &str| {
            let query = format!("timestamp=2&signature={signature}&apiKey=k&note=a%2Fb");
            check(&secret(), &Signed::Sorted, &Params::parse(&query, b""))
        };
        assert_eq!(
            form("a3fe32082bf2df4f98347523b1fcc014f0391aa06d660657ed1c198eec785a22"),
            Ok(())
        );
        assert_eq!(
            form("0c8836df05e65fd73ebaeb8d96fd08c77dfd1e095bd5912782c9ac108291d016"),
            Ok(())
        );
        assert_eq!(form(&"0".repeat(64)), Err(Error::SIGNATURE));
    }

    /// The signatures are made with `openssl pkeyutl -sign -rawin` by the first key of RFC 8032.
    #[test]
    fn a_public_key_checks_signatures() {
        let published = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = hex::decode(published).unwrap().try_into().unwrap();
        let key = Verifier::PublicKey(VerifyingKey::from_bytes(&key).unwrap());
        let form = |query: &str| {
            check(&key, &Signed::Form { query, body: b"" }, &Params::parse(query, b""))
        };
        let signature = "uds3MsnzUrFtcMkFKq4bfYr9XqfJ+1QNXFwXUIWd2cyJsigT1cgrL30Q2s6x1Pe/0ZdDXFG2e2aYY2b8i31UAg==";
        let encoded = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let query = "symbol=BTCUSDT&note=a%2Fb&timestamp=2";
        assert_eq!(form(&format!("{query}&signature={encoded}")), Ok(()));
        assert_eq!(form(&format!("signature={encoded}&{query}")), Ok(()));
        let twice = encoded.replace('%', "%25");
        assert_eq!(form(&format!("{query}&signature={twice}")), Ok(()));
        assert_eq!(form(query), Err(Error::missing("signature")));
        let hmac = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
        let (short, other) = (&encoded[..encoded.len() - 8], encoded.replace("uds3", "uds4"));
        for wrong in [short, &other, hmac, "xyz"] {
            assert_eq!(form(&format!("{query}&signature={wrong}")), Err(Error::SIGNATURE));
        }
        let other = query.replace("BTC", "ETH");
        assert_eq!(form(&format!("{other}&signature={encoded}")), Err(Error::SIGNATURE));
    }

    #[test]
    fn a_request_is_accepted_for_a_while() {
        let now_ms = 1_795_493_501_491;
        let at = |query: &str| check_time(&Params::parse(query, b""), now_ms);
        assert_eq!(at("timestamp=1795493501491"), Ok(()));
        assert_eq!(at("timestamp=1795493502491"), Ok(()));
        assert_eq!(at("timestamp=1795493502492"), Err(Error::TIMESTAMP_AHEAD));
        assert_eq!(at("timestamp=1795493496491"), Ok(()));
        assert_eq!(at("timestamp=1795493496490"), Err(Error::TIMESTAMP_OLD));
        assert_eq!(at("timestamp=1795493496490&recvWindow=6000"), Ok(()));
        assert_eq!(
            at("timestamp=1795493501491&recvWindow=60001"),
            Err(Error::invalid("recvWindow"))
        );
        assert_eq!(at("recvWindow=5"), Err(Error::missing("timestamp")));
        assert_eq!(at("timestamp=now"), Err(Error::malformed("timestamp")));
    }
}
