//! Types of fields of account requests.

use super::{email, new_password, phone};
use crate::access::caller::Scope;
use crate::access::key_kind::{AllowedAddresses, KeyKind};
use crate::access::public_key;
use crate::request::{Description, FieldType, Problem, Raw, natural};
use crate::secrets;
use ed25519_dalek::VerifyingKey;
use ipnet::IpNet;
use session::SessionId;
use utoipa::PartialSchema as _;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

/// The longest name of an API key, in characters.
const NAME_LEN_MAX: usize = 64;

/// The pattern of a text that has no U+0000.
const NO_NUL: &str = "^[^\\u0000]*$";

/// The pattern of an address or a network, such as `203.0.113.7` and `2001:db8::/32`.
const NETWORK: &str = "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}\
    (25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(/(3[0-2]|[12]?[0-9]))?$\
    |^(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|([0-9a-f]{1,4}:){1,6}:|::[0-9a-f]{1,4})\
    (/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?$";

/// The pattern of a PEM of an Ed25519 public key: after the name of the algorithm, 32 bytes in base64.
const PEM: &str = "^-----BEGIN PUBLIC KEY-----\\r?\\nMCowBQYDK2VwAyEA[A-Za-z0-9+/]{42}\
    [AEIMQUYcgkosw048]=\\r?\\n-----END PUBLIC KEY-----(\\r?\\n)?$";

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn password() -> ObjectBuilder {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
}

/// Any text.
pub struct Text;

impl FieldType for Text {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        raw.text().map(Into::into)
    }

    fn description() -> Description {
        Description::inline(string().pattern(Some(NO_NUL)))
    }
}

/// A current password.
pub struct Secret;

impl FieldType for Secret {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        raw.text().map(Into::into)
    }

    fn description() -> Description {
        Description::inline(password().pattern(Some(NO_NUL)))
    }
}

/// An address that the mailer can use; its domain becomes ASCII.
pub struct Email;

impl FieldType for Email {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        email::normalized(&raw.text()?).ok_or("must be a valid email address".into())
    }

    fn description() -> Description {
        let format = SchemaFormat::KnownFormat(KnownFormat::Email);
        Description::inline(string().format(Some(format)).max_length(Some(254)))
    }
}

/// A phone number: a string, or the digits of a whole number.
pub struct Phone;

impl FieldType for Phone {
    type Value = i64;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<i64, Problem> {
        let digits = raw.digits()?;
        let digits = if raw.is_number() {
            digits.and_then(|text| natural(&text)).map(Into::into)
        } else {
            digits
        };
        let digits = digits.ok_or("must be a whole number or a string")?;
        phone::parse(&digits).map_err(Into::into)
    }

    fn description() -> Description {
        Description::inline(string().pattern(Some(r"^\+?[1-9]([ .-]?[0-9]){6,14}$")))
    }
}

/// A new password.
pub struct NewPassword;

impl FieldType for NewPassword {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let password = raw.text()?;
        match new_password::problem(&password) {
            None => Ok(password.into()),
            Some(problem) => Err(problem.into()),
        }
    }

    fn description() -> Description {
        let object = password().min_length(Some(8)).max_length(Some(128));
        Description::inline(object.pattern(Some(NO_NUL)))
    }
}

/// The token of a sign-in link. Its form is checked when it is used, as is that of the link's page.
pub struct BodyToken;

impl FieldType for BodyToken {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        raw.text().map(Into::into)
    }

    fn description() -> Description {
        Description::inline(password().pattern(Some("^[0-9a-f]{64}$")))
    }
}

/// The token in a sign-in link's URL, which goes into a page as text.
pub struct QueryToken;

impl FieldType for QueryToken {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let token = raw.text()?;
        let is_token = secrets::is_well_formed(&token);
        is_token.then(|| token.into()).ok_or("is not a token of a sign-in link".into())
    }

    fn description() -> Description {
        Description::inline(password())
    }
}

/// The name of an API key.
pub struct KeyName;

impl FieldType for KeyName {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let name = raw.text()?;
        let is_short = (1..=NAME_LEN_MAX).contains(&name.chars().count());
        if !is_short || name.chars().any(|c| c.is_ascii_control()) {
            return Err("must have 1 to 64 characters and no control characters".into());
        }
        Ok(name.into())
    }

    fn description() -> Description {
        let object = string().min_length(Some(1)).max_length(Some(NAME_LEN_MAX));
        Description::inline(object.pattern(Some("^[^\\u0000-\\u001f\\u007f]*$")))
    }
}

impl FieldType for Scope {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        Self::parse(&raw.text()?).ok_or("must be READ or TRADE".into())
    }

    fn description() -> Description {
        Description::shared("Scope", Self::schema())
    }
}

impl FieldType for KeyKind {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        Self::parse(&raw.text()?).ok_or("must be BEARER or EXCHANGE".into())
    }

    fn absent() -> Result<Self, Problem> {
        Ok(Self::Bearer)
    }

    fn description() -> Description {
        Description::shared("KeyKind", Self::schema())
    }
}

/// An address or a network.
pub struct Network;

impl FieldType for Network {
    type Value = IpNet;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<IpNet, Problem> {
        AllowedAddresses::network(&raw.text()?).ok_or("is neither an address nor a network".into())
    }

    fn description() -> Description {
        Description::inline(string().pattern(Some(NETWORK)))
    }
}

/// The public key of an owner who signs with Ed25519.
pub struct PublicKey;

impl FieldType for PublicKey {
    type Value = VerifyingKey;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<VerifyingKey, Problem> {
        public_key::parse(&raw.text()?).map_err(Into::into)
    }

    fn description() -> Description {
        Description::inline(string().pattern(Some(PEM)))
    }
}

/// The id of an API key.
pub struct KeyId;

impl FieldType for KeyId {
    type Value = Uuid;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Uuid, Problem> {
        let id = raw.text().ok().and_then(|text| text.parse().ok());
        id.ok_or("must be the UUID of an API key".into())
    }

    fn description() -> Description {
        Description::uuid()
    }
}

impl FieldType for SessionId {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let id = raw.text().ok().and_then(|text| text.parse().ok());
        id.map(Self).ok_or("must be the UUID of a session".into())
    }

    fn description() -> Description {
        Description::uuid()
    }
}

#[cfg(test)]
mod tests {
    use crate::accounts::requests::SignUp;
    use crate::request::Body;
    use proptest::prelude::*;
    use testkit::hostile::{cases, nearly_json};

    proptest! {
        #![proptest_config(cases(1_000))]

        #[test]
        fn hostile_sign_ups(json in nearly_json(&[
            r#"{"email":"you@example.com","phone":"+1 (555) 010-0123","password":"correct horse battery"}"#,
            r#"{"email":"you@example.com","phone":15550100123,"password":"correct horse battery"}"#,
        ])) {
            let sign_up = Body::parse(json.as_bytes()).and_then(|body| body.read::<SignUp>(&()));
            if let Ok(SignUp { email, phone, password }) = sign_up {
                prop_assert!(email.len() <= 254);
                let has_digits = |phone| (10_i64.pow(6)..10_i64.pow(15)).contains(&phone);
                prop_assert!(phone.is_none_or(has_digits));
                prop_assert!(password.len() >= 8);
            }
        }
    }
}
