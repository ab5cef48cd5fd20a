//! Validation of email addresses.

/// The longest address that mail systems accept, in bytes.
const ADDRESS_LEN_MAX: usize = 254;

/// The longest part before the `@`, in bytes.
const LOCAL_LEN_MAX: usize = 64;

/// The characters of a local part besides letters, digits and dots (RFC 5321's `Dot-string`).
const LOCAL_MARKS: &str = "!#$%&'*+-/=?^_`{|}~";

/// Returns a plain address with its domain in ASCII, as mail servers name it. Returns `None` for
/// addresses that the mailer can't use: display names, quoted names, non-ASCII names, which few
/// servers accept, and IP addresses in place of domains.
pub fn normalized(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let top_level = domain.rsplit('.').next().unwrap_or_default();
    let is_domain = !top_level.bytes().all(|byte| byte.is_ascii_digit());
    let address = format!("{local}@{domain}");
    let is_short = address.len() <= ADDRESS_LEN_MAX && local.len() <= LOCAL_LEN_MAX;
    (is_local(local) && is_domain && is_short).then_some(address)
}

fn is_local(local: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || LOCAL_MARKS.contains(c);
    local.split('.').all(|part| !part.is_empty() && part.chars().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::message::Mailbox;
    use proptest::prelude::*;
    use testkit::hostile::{cases, damaged_text};

    #[test]
    fn only_plain_addresses_are_taken_and_their_domain_is_ascii() {
        let rows = [
            (" you@example.com ", Some("you@example.com")),
            ("You+tag@EXAMPLE.com", Some("You+tag@example.com")),
            ("o'brien@example.com", Some("o'brien@example.com")),
            ("you@bücher.example", Some("you@xn--bcher-kva.example")),
            ("you@例え.jp", Some("you@xn--r8jz45g.jp")),
            ("you@localhost", Some("you@localhost")),
            ("You <you@example.com>", None),
            ("<you@example.com>", None),
            ("\"you there\"@example.com", None),
            ("you@[127.0.0.1]", None),
            ("you@[IPv6:::1]", None),
            ("you@127.0.0.1", None),
            ("jürgen@example.com", None),
            ("you\u{200b}@example.com", None),
            ("you@example..com", None),
            ("you@example.com.", None),
            ("you@-example.com", None),
            ("you@exa_mple.com", None),
            (".you@example.com", None),
            ("you.@example.com", None),
            ("you@", None),
            ("@example.com", None),
            ("a@b@example.com", None),
            ("you", None),
        ];
        for (text, expected) in rows {
            assert_eq!(normalized(text).as_deref(), expected, "{text}");
        }
        assert_eq!(normalized(&format!("{}@example.com", "x".repeat(65))), None);
        assert_eq!(normalized(&format!("you@{}.com", "x.".repeat(130))), None);
    }

    proptest! {
        #![proptest_config(cases(3_000))]

        /// Every accepted address is one that the mailer parses, letter for letter.
        #[test]
        fn hostile_addresses(text in damaged_text(&[
            "you+tag@example.com".to_owned(),
            "You <you@bücher.example>".to_owned(),
            "\"you there\"@[127.0.0.1]".to_owned(),
        ])) {
            if let Some(address) = normalized(&text) {
                prop_assert!(address.is_ascii());
                prop_assert_eq!(normalized(&address), Some(address.clone()));
                let parsed = address.parse::<lettre::Address>();
                prop_assert_eq!(parsed.map(|parsed| parsed.to_string()).ok(), Some(address.clone()));
                let mailbox = address.parse::<Mailbox>();
                prop_assert_eq!(mailbox.map(|mailbox| mailbox.to_string()).ok(), Some(address));
            }
        }
    }
}
