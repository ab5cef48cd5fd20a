use crate::hs256;
use crate::secret::{Secret, SigningArgs};
use crate::{Session, SessionId, unix_s};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use messages::UserId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Signs and verifies tokens.
pub struct Tokens {
    signing: (String, EncodingKey),
    verifying: BTreeMap<String, DecodingKey>,
    validation: Validation,
}

/// The reason a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token was valid and has expired.
    #[error("the token has expired")]
    Expired,
    /// The token is malformed or not signed with a known key.
    #[error("the token is not valid")]
    Invalid,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    /// The time at which the token was issued, Unix s.
    iat: u64,
    /// The time at which the token expires, Unix s.
    exp: u64,
    jti: SessionId,
    ver: i32,
}

impl Tokens {
    /// Signs with the current secret; also verifies tokens signed with the previous ones.
    pub fn new(args: &SigningArgs) -> Self {
        // The first caller of the process has installed it.
        let _ = hs256::PROVIDER.install_default();
        // One algorithm, whatever the token's header says; no grace period after expiry.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let secrets = args.jwt_previous_secrets.iter().flatten().chain([&args.jwt_secret]);
        let verifying = secrets
            .map(|secret| (key_id(secret), DecodingKey::from_secret(secret.reveal().as_bytes())))
            .collect();
        let signing_key = EncodingKey::from_secret(args.jwt_secret.reveal().as_bytes());
        Self { signing: (key_id(&args.jwt_secret), signing_key), verifying, validation }
    }

    /// Returns the signed token of a session.
    pub fn sign(&self, session: &Session) -> String {
        self.sign_at(session, unix_s())
    }

    fn sign_at(&self, session: &Session, now_s: u64) -> String {
        let claims = Claims {
            sub: session.user_id,
            iat: now_s,
            exp: session.expires_at_s,
            jti: session.id,
            ver: session.version,
        };
        let (key_id, key) = &self.signing;
        let header = Header { kid: Some(key_id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, key).expect("claims are plain JSON and the key fits the algorithm")
    }

    /// Returns the session of a token. [`crate::Sessions`] knows whether it is still open.
    ///
    /// # Errors
    /// When the token was not signed with a known key, or has expired.
    pub fn verify(&self, token: &str) -> Result<Session, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = header.kid.and_then(|kid| self.verifying.get(&kid)).ok_or(TokenError::Invalid)?;
        match decode::<Claims>(token, key, &self.validation) {
            Ok(token) => {
                let Claims { sub, exp, jti, ver, .. } = token.claims;
                Ok(Session { user_id: sub, id: jti, version: ver, expires_at_s: exp })
            }
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(TokenError::Expired)
            }
            Err(_) => Err(TokenError::Invalid),
        }
    }
}

/// The id of a secret, which reveals no more about the secret than a signature does.
fn key_id(secret: &Secret) -> String {
    let hash = blake3::derive_key("Velox 2026 id of a session key", secret.reveal().as_bytes());
    blake3::Hash::from_bytes(hash).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use testkit::hostile::cases;
    use uuid::Uuid;

    const OLD: &str = "the secret of the year before this one";
    const NEW: &str = "a secret that is long enough for tests";

    fn tokens(secret: &str, previous: &[&str]) -> Tokens {
        let previous = previous.iter().map(|text| text.parse().ok()).collect();
        let jwt_secret = secret.parse().unwrap();
        Tokens::new(&SigningArgs { jwt_secret, jwt_previous_secrets: previous })
    }

    #[test]
    fn a_key_can_be_replaced_without_signing_anybody_out() {
        let session = Session::begin(UserId(Uuid::from_u128(1)), 3, 60);
        let (old, new) = (tokens(OLD, &[NEW]), tokens(NEW, &[OLD]));
        for token in [old.sign(&session), new.sign(&session)] {
            assert_eq!(old.verify(&token), Ok(session));
            assert_eq!(new.verify(&token), Ok(session));
        }
        // Finally, the old key is removed.
        let only_new = tokens(NEW, &[]);
        assert_eq!(only_new.verify(&new.sign(&session)), Ok(session));
        assert_eq!(only_new.verify(&old.sign(&session)), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_is_good_until_its_last_second() {
        let tokens = tokens(NEW, &[]);
        let mut session = Session::begin(UserId(Uuid::from_u128(1)), 0, 60);
        session.expires_at_s = unix_s() - 1;
        assert_eq!(tokens.verify(&tokens.sign(&session)), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_that_names_another_key_or_none_is_refused() {
        let tokens = tokens(NEW, &[]);
        let session = Session::begin(UserId(Uuid::from_u128(1)), 0, 60);
        let claims =
            Claims { sub: session.user_id, iat: 0, exp: u64::MAX, jti: session.id, ver: 0 };
        let key = EncodingKey::from_secret(NEW.as_bytes());
        for kid in [None, Some(key_id(&OLD.parse().unwrap()))] {
            let header = Header { kid, ..Header::new(Algorithm::HS256) };
            let token = encode(&header, &claims, &key).unwrap();
            assert_eq!(tokens.verify(&token), Err(TokenError::Invalid));
        }
    }

    const CLAIMS: &str = r#"{"sub":"0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11","iat":0,"exp":18446744073709551615,"jti":"0190a6e4-7f3c-7c1a-9d52-3b1f0a8c4e11","ver":0}"#;

    proptest! {
        #![proptest_config(cases(1_000))]

        /// Any change makes a token invalid, unless it leaves the token as it was.
        #[test]
        fn hostile_tokens(text in any_token()) {
            let (tokens, session) = (tokens(NEW, &[OLD]), lasting_session());
            if let Ok(shown) = tokens.verify(&text) {
                prop_assert_eq!(shown, session);
                prop_assert_eq!(text, tokens.sign_at(&session, 0));
            }
        }

        /// Damaged claims that are signed with the right key.
        #[test]
        fn hostile_claims(claims in testkit::hostile::nearly_json(&[CLAIMS])) {
            let key = EncodingKey::from_secret(NEW.as_bytes());
            let header = Header { kid: Some(key_id(&NEW.parse().unwrap())), ..Header::new(Algorithm::HS256) };
            if let Ok(claims) = serde_json::from_str::<serde_json::Value>(&claims) {
                let token = encode(&header, &claims, &key).unwrap();
                if let Ok(session) = tokens(NEW, &[]).verify(&token) {
                    prop_assert!(session.seconds_left() > 0);
                }
            }
        }
    }

    /// A session that is the same in every case, so that its token can be recognized.
    fn lasting_session() -> Session {
        let id = Uuid::from_u128(7);
        Session {
            user_id: UserId(id),
            id: crate::SessionId(id),
            version: 0,
            expires_at_s: u64::MAX,
        }
    }

    fn any_token() -> impl Strategy<Value = String> {
        testkit::hostile::damaged_text(&[tokens(NEW, &[]).sign_at(&lasting_session(), 0)])
    }
}
