//! How the connection to the log is encrypted.

use std::path::PathBuf;

use async_nats::{ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};
use encryption::{Names, OwnCertificate, check_authorities, check_own, tls_error, told};

/// What is trusted, and what is shown, where addresses begin with `tls://`.
#[derive(Clone, Debug, Default)]
pub struct Encryption {
    /// A file of the authorities whose certificates are trusted; the system's if
    /// there is none.
    pub authorities: Option<PathBuf>,
    /// A file of the certificate that is shown to servers.
    pub certificate: Option<PathBuf>,
    /// The file of its key.
    pub key: Option<PathBuf>,
    /// Whether servers encrypt from the first byte on (`handshake_first`).
    pub first: bool,
}

/// The settings that put encryption right.
const NAMES: Names = Names {
    authorities: "NATS_ROOT_CERTIFICATE",
    certificate: "NATS_CERTIFICATE, and its key in NATS_CERTIFICATE_KEY",
};

impl Encryption {
    /// What is wrong with it for these servers; nothing when it can be used.
    pub(crate) fn faults(&self, servers: &[ServerAddr]) -> Vec<String> {
        let mut faults = Vec::new();
        let encrypted = servers.iter().filter(|server| server.tls_required());
        let encrypted = encrypted.count();
        if 0 < encrypted && encrypted < servers.len() {
            faults.push("some of the addresses begin with tls:// and others do not".to_owned());
        }
        if let Some(setting) = self.first_setting().filter(|_| encrypted == 0) {
            faults.push(format!(
                "{setting} is set, but the address does not begin with tls://"
            ));
        }
        if let Some(path) = &self.authorities {
            faults.extend(check_authorities(path).err().map(|error| error.to_string()));
        }
        match (&self.certificate, &self.key) {
            (None, None) => {}
            (Some(certificate), Some(key)) => {
                let own = OwnCertificate {
                    certificate: certificate.clone(),
                    key: key.clone(),
                };
                faults.extend(check_own(&own).err().map(|error| error.to_string()));
            }
            (Some(_), None) => faults
                .push("NATS_CERTIFICATE is set without its key, NATS_CERTIFICATE_KEY".to_owned()),
            (None, Some(_)) => faults.push(
                "NATS_CERTIFICATE_KEY is set without its certificate, NATS_CERTIFICATE".to_owned(),
            ),
        }
        faults
    }

    fn first_setting(&self) -> Option<&'static str> {
        let settings = [
            (self.authorities.is_some(), "NATS_ROOT_CERTIFICATE"),
            (self.certificate.is_some(), "NATS_CERTIFICATE"),
            (self.key.is_some(), "NATS_CERTIFICATE_KEY"),
            (self.first, "NATS_TLS_FIRST"),
        ];
        let mut set = settings.into_iter().filter(|(is_set, _)| *is_set);
        set.next().map(|(_, name)| name)
    }

    /// The files are read at each connection, so a certificate that is renewed in
    /// its place holds from the next one on.
    pub(crate) fn apply(&self, servers: &[ServerAddr], options: ConnectOptions) -> ConnectOptions {
        let mut options = options;
        if servers.iter().any(ServerAddr::tls_required) {
            // Of servers that others tell of only addresses are known, and their
            // certificates are for names.
            options = options.require_tls(true).ignore_discovered_servers();
        }
        if let Some(path) = &self.authorities {
            options = options.add_root_certificates(path.clone());
        }
        if let Some((certificate, key)) = self.certificate.clone().zip(self.key.clone()) {
            options = options.add_client_certificate(certificate, key);
        }
        if self.first {
            options = options.tls_first();
        }
        options
    }
}

/// What went wrong in words, and what to do about it.
pub(crate) fn explained(error: &ConnectError) -> String {
    if let Some(error) = tls_error(error) {
        return told(error, &NAMES);
    }
    let said = error.to_string();
    let refused = [
        ConnectErrorKind::Authentication,
        ConnectErrorKind::AuthorizationViolation,
    ];
    if refused.contains(&error.kind()) {
        return format!("{said}; are user and password in the address those that it knows?");
    }
    // A server that waits for a handshake says nothing.
    let is_silent = error.kind() == ConnectErrorKind::TimedOut || said.contains("expected INFO");
    let advice = match is_silent {
        true => " One that encrypts from the first byte on wants tls:// and NATS_TLS_FIRST",
        false => "",
    };
    format!("{said}; is nats-server running there?{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(encryption: &Encryption, urls: &[&str]) -> String {
        let servers: Vec<ServerAddr> = urls.iter().map(|url| url.parse().unwrap()).collect();
        encryption.faults(&servers).join("; ")
    }

    #[test]
    fn plain_and_encrypted_addresses_are_not_mixed() {
        let nothing = Encryption::default();
        assert_eq!(faults(&nothing, &["tls://a:4222", "tls://b:4222"]), "");
        assert_eq!(faults(&nothing, &["nats://a:4222", "b:4222"]), "");
        let mixed = faults(&nothing, &["tls://a:4222", "nats://b:4222"]);
        assert!(mixed.contains("others do not"), "{mixed}");
    }

    #[test]
    fn certificates_want_an_address_that_is_encrypted_and_their_keys() {
        let encryption = Encryption {
            authorities: Some("/absent/ca.crt".into()),
            certificate: Some("/absent/own.crt".into()),
            ..Encryption::default()
        };
        let told = faults(&encryption, &["nats://a:4222"]);
        for expected in [
            "NATS_ROOT_CERTIFICATE is set, but the address does not begin with tls://",
            "/absent/ca.crt cannot be read",
            "without its key, NATS_CERTIFICATE_KEY",
        ] {
            assert!(told.contains(expected), "{told}");
        }
        let first = Encryption {
            first: true,
            ..Encryption::default()
        };
        assert!(faults(&first, &["nats://a:4222"]).contains("NATS_TLS_FIRST"));
        assert_eq!(faults(&first, &["tls://a:4222"]), "");
    }
}
