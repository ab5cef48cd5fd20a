//! Body fields that account requests share.

use super::{email, new_password, phone};
use crate::body::Body;

/// Takes `email`: an address that the mailer can use, its domain in ASCII.
pub fn email(body: &mut Body) -> Option<String> {
    let normalized = email::normalized(&body.text("email")?);
    if normalized.is_none() {
        body.refuse("email", "must be a valid email address");
    }
    normalized
}

/// Takes `phone`: a phone number.
pub fn phone(body: &mut Body) -> Option<i64> {
    let text = body.digits("phone")?;
    phone::parse(&text).map_err(|problem| body.refuse("phone", problem)).ok()
}

/// Takes a new password, which the owner of this email may choose.
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
                    prop_assert!(email.is_some_and(|email| email.len() <= 254));
                    prop_assert!(phone.is_some_and(|phone| (10_i64.pow(6)..10_i64.pow(15)).contains(&phone)));
                    prop_assert!(password.is_some());
                }
            }
        }
    }
}
