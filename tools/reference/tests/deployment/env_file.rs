//! `deploy/make-env.sh` makes the settings.

use crate::{made_env, root};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

#[test]
fn the_settings_that_are_made_are_secret_and_never_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = made_env(folder.path());
    let text = fs::read_to_string(&file).unwrap();
    let mut secrets = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap();
        assert!(!value.is_empty(), "{name} is empty");
        if name.ends_with("SECRET") || name.ends_with("PASSWORD") {
            assert!(value.len() == 64 && secrets.insert(value.to_owned()), "{name}");
        }
    }
    assert_eq!(secrets.len(), 4, "{text}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read it: {mode:o}");
    let mut again = Command::new("deploy/make-env.sh");
    again.args(["velox.example", "internal"]).arg(&file).current_dir(root());
    assert!(!again.output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_port_in_the_domain_is_no_part_of_the_mails_sender() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    let mut make = Command::new("deploy/make-env.sh");
    make.args(["velox.example:8443", "internal"]).arg(&file).current_dir(root());
    assert!(make.output().unwrap().status.success());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nVELOX_DOMAIN=velox.example:8443\n"), "{text}");
    assert!(text.contains("\nMAIL_FROM=Velox <no-reply@velox.example>\n"), "{text}");
}

#[test]
fn what_can_t_be_a_domain_gets_a_sentence_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    let long = "a".repeat(64);
    let domains = ["", "--help", "https://velox.example", "velox.example/", "me@velox.example"];
    let odd = ["velox..example", ".example", "velox.", "ve lox", "büro.example", "-a.example"];
    let ports = ["a:b", "a:", "::1", &long];
    for domain in domains.into_iter().chain(odd).chain(ports) {
        let mut script = Command::new("deploy/make-env.sh");
        let made =
            script.args([domain, "internal"]).arg(&file).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(
            !made.status.success() && said.trim_end().ends_with(['.', '…']),
            "{domain}: {said}"
        );
        assert!(!file.exists(), "{domain}");
    }
    for domain in
        ["velox.example", "localhost", "192.0.2.7", "localhost:8443", "xn--bro-hoa.example"]
    {
        let file = folder.path().join(domain);
        let mut script = Command::new("deploy/make-env.sh");
        let made =
            script.args([domain, "internal"]).arg(&file).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success() && file.exists(), "{domain}: {said}");
    }
}
