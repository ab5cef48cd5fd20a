//! Rules for new passwords.

use crate::request::Problem;

/// The allowed length in characters; longer texts are attacks on the hash, not passwords.
const LEN: std::ops::RangeInclusive<usize> = 8..=128;

/// The passwords that attackers try first, one per line, in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// Returns the problem of a password, if it has one.
pub fn problem(password: &str) -> Option<&'static str> {
    if !LEN.contains(&password.chars().count()) {
        return Some("must have 8 to 128 characters");
    }
    let lower = password.to_lowercase();
    // `Password123!` is as well known as `password`.
    let bare = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    let is_common = COMMON.lines().any(|common| common == lower || common == bare);
    let mut letters = lower.chars();
    let first = letters.next();
    let is_one_letter = letters.all(|letter| Some(letter) == first);
    (is_common || is_one_letter).then_some("is too easy to guess; choose another")
}

/// Checks that a password is not the address of its owner, if that is known.
pub fn is_no_address(password: &str, email: Option<&str>) -> Result<(), Problem> {
    let lower = password.to_lowercase();
    let email = email.map(str::to_lowercase);
    let is_email = email.is_some_and(|email| {
        lower == email || email.split_once('@').is_some_and(|(name, _)| lower == name)
    });
    if is_email { Err("must not be your email address".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(password: &str, email: Option<&str>) -> bool {
        problem(password).is_some() || is_no_address(password, email).is_err()
    }

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
        let email = Some("Tom.Smith@example.com");
        for password in [
            "short",
            "password",
            "PassWord",
            "Password123!",
            "qwertyuiop",
            "12345678",
            "aaaaaaaaaa",
            "tom.smith@example.com",
            "tom.smith",
        ] {
            assert!(is_refused(password, email), "{password}");
        }
        for password in
            ["correct horse battery", "tr0ub4dor&3x", "пароль из слов", "📈📉📈📉📈📉📈📉"]
        {
            assert!(!is_refused(password, email), "{password}");
        }
        assert_eq!(problem(&"x1".repeat(64)), None);
        assert!(problem(&"x1".repeat(65)).is_some());
    }

    #[test]
    fn the_list_is_in_lower_case_without_repetition() {
        let mut seen = std::collections::BTreeSet::new();
        for line in COMMON.lines() {
            assert!(!line.is_empty() && line == line.to_lowercase() && seen.insert(line), "{line}");
        }
        assert!(seen.len() > 200);
    }
}
