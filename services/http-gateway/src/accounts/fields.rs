//! Fields that requests about accounts share.

use super::new_password;
use crate::body::Body;
use email_address::EmailAddress;

/// What mail systems accept, in bytes.
const EMAIL_LEN_MAX: usize = 254;

/// Of a telephone number with its country code (E.164 and short national numbers).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// An email address.
pub fn email(body: &mut Body) -> Option<String> {
    let email = body.text("email")?.trim().to_owned();
    if email.len() > EMAIL_LEN_MAX || !EmailAddress::is_valid(&email) {
        body.refuse("email", "is not an email address");
        return None;
    }
    Some(email)
}

/// A telephone number.
pub fn phone(body: &mut Body) -> Option<i64> {
    let text = body.digits("phone")?;
    let number = text.trim().strip_prefix('+').unwrap_or(text.trim());
    let digits: String = number.chars().filter(|c| !" -().".contains(*c)).collect();
    let is_number =
        digits.bytes().all(|b| b.is_ascii_digit()) && PHONE_DIGITS.contains(&digits.len());
    match digits.parse() {
        Ok(number) if is_number && number > 0 => Some(number),
        _ => {
            body.refuse("phone", "must be a telephone number of 7 to 15 digits");
            None
        }
    }
}

/// A password that may be chosen by the owner of this email.
pub fn new_password(body: &mut Body, field: &str, email: Option<&str>) -> Option<String> {
    let password = body.text(field)?;
    match new_password::problem(&password, email) {
        None => Some(password),
        Some(problem) => {
            body.refuse(field, problem);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{cases, nearly_json};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(cases(1_000))]

        #[test]
        fn hostile_sign_ups(json in nearly_json(&[
            r#"{"email":"you@example.com","phone":"+1 (555) 010-0123","password":"correct horse battery"}"#,
            r#"{"email":"you@example.com","phone":15550100123,"password":"correct horse battery"}"#,
        ])) {
            if let Ok(mut body) = Body::parse(json.as_bytes()) {
                let (email, phone) = (email(&mut body), phone(&mut body));
                let password = new_password(&mut body, "password", email.as_deref());
                if body.finish().is_ok() {
                    prop_assert!(email.is_some_and(|email| email.len() <= EMAIL_LEN_MAX));
                    prop_assert!(phone.is_some_and(|phone| (1..10_i64.pow(15)).contains(&phone)));
                    prop_assert!(password.is_some());
                }
            }
        }
    }
}
