//! What an address says about encryption, looked at before it is used.

use std::collections::BTreeMap;
use std::path::Path;

use encryption::{OwnCertificate, check_authorities, check_own};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// The names of parameters about encryption, each with others that are read as
/// the same.
const PARAMETERS: [(&str, &[&str]); 4] = [
    ("sslmode", &["ssl-mode"]),
    ("sslrootcert", &["ssl-root-cert", "ssl-ca"]),
    ("sslcert", &["ssl-cert"]),
    ("sslkey", &["ssl-key"]),
];

/// What is wrong with what an address says about encryption; nothing when all
/// of it can be done.
pub(crate) fn faults(address: &str, options: &PgConnectOptions) -> Vec<String> {
    let Ok(url) = Url::parse(address) else {
        // Whoever reads the address says so.
        return Vec::new();
    };
    let (given, mut faults) = parameters(&url);
    let mode = options.get_ssl_mode();
    let name = name(mode);
    if matches!(mode, PgSslMode::Allow) {
        faults.push(
            "sslmode=allow is no mode here: it would never encrypt; \
             use verify-full, or disable where the network is trusted"
                .to_owned(),
        );
    }
    let text = |parameter| given.get(parameter).map(String::as_str);
    if let Some(authorities) = text("sslrootcert") {
        if !matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
            faults.push(format!(
                "sslrootcert is given, but sslmode={name} does not look at it; use sslmode=verify-full"
            ));
        }
        if let Some(path) = file(authorities) {
            faults.extend(check_authorities(path).err().map(|error| error.to_string()));
        }
    }
    match (text("sslcert"), text("sslkey")) {
        (None, None) => {}
        (Some(certificate), Some(key)) => {
            if matches!(
                mode,
                PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer
            ) {
                faults.push(format!(
                    "sslcert is given, but sslmode={name} does not insist on encryption; \
                     use sslmode=verify-full"
                ));
            }
            if let Some((certificate, key)) = file(certificate).zip(file(key)) {
                let own = OwnCertificate {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                };
                faults.extend(check_own(&own).err().map(|error| error.to_string()));
            }
        }
        (Some(_), None) => faults.push("sslcert is given without its key, sslkey".to_owned()),
        (None, Some(_)) => {
            faults.push("sslkey is given without its certificate, sslcert".to_owned());
        }
    }
    faults
}

/// The parameters about encryption, by their usual names, and what is wrong
/// with them as such.
fn parameters(url: &Url) -> (BTreeMap<&'static str, String>, Vec<String>) {
    let (mut given, mut faults) = (BTreeMap::new(), Vec::new());
    for (key, value) in url.query_pairs() {
        let known = PARAMETERS
            .into_iter()
            .find(|(name, others)| *name == key || others.contains(&key.as_ref()));
        let Some((name, _)) = known else {
            if key.starts_with("ssl") || key == "channel_binding" {
                faults.push(format!(
                    "{key} is not known here, and would not be obeyed; leave it out"
                ));
            }
            continue;
        };
        let before = given.insert(name, value.clone().into_owned());
        if before.is_some_and(|before| before != value) {
            faults.push(format!("{name} is given twice, and not the same"));
        }
    }
    (given, faults)
}

/// The file that is meant, unless the text is what would be in one.
fn file(text: &str) -> Option<&Path> {
    let is_inline = text.trim_start().starts_with("-----BEGIN");
    (!is_inline).then(|| Path::new(text))
}

/// The mode as it is written in addresses.
pub(crate) fn name(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list_of(parameters: &str) -> Vec<String> {
        let address = format!("postgres://ann:secret@db.example.org/leaderboard?{parameters}");
        faults(&address, &address.parse().unwrap())
    }

    fn faults_of(parameters: &str) -> String {
        list_of(parameters).join("; ")
    }

    #[test]
    fn what_can_be_done_is_no_fault() {
        for parameters in [
            "",
            "sslmode=verify-full",
            "sslmode=disable",
            "ssl-mode=require",
        ] {
            assert_eq!(faults_of(parameters), "", "{parameters}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_told_with_what_would_be_right() {
        for (parameters, expected) in [
            ("sslmode=allow", "would never encrypt"),
            (
                "sslmode=require&sslrootcert=/a.crt",
                "use sslmode=verify-full",
            ),
            ("sslrootcert=/a.crt", "sslmode=prefer does not look at it"),
            ("sslmode=verify-full&sslcert=/a.crt", "without its key"),
            (
                "sslmode=verify-full&sslkey=/a.key",
                "without its certificate",
            ),
            (
                "sslmode=disable&sslcert=/a.crt&sslkey=/a.key",
                "does not insist on encryption",
            ),
            (
                "sslmode=verify-full&sslcrl=/a.crl",
                "sslcrl is not known here",
            ),
            (
                "sslmode=verify-full&sslmode=disable",
                "sslmode is given twice",
            ),
            (
                "sslmode=verify-full&sslrootcert=/absent/a.crt",
                "/absent/a.crt cannot be read",
            ),
        ] {
            let told = faults_of(parameters);
            assert!(told.contains(expected), "{parameters}: {told}");
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let told = list_of("sslmode=require&sslrootcert=/absent/a.crt&sslkey=/absent/a.key");
        assert_eq!(told.len(), 3, "{told:?}");
    }
}
