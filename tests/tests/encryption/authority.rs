//! A throwaway authority, and what it signs.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// An authority that is trusted for the time of a test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The file of its certificate.
    pub(crate) file: PathBuf,
}

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Whether a certificate still holds.
#[derive(Clone, Copy)]
pub(crate) enum Term {
    Holds,
    HasEnded,
}

fn written(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

impl Authority {
    pub(crate) fn new(directory: &Path, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, name);
        let certificate = authority.self_signed(&key).unwrap();
        Self {
            file: written(directory, &format!("{name}.crt"), &certificate.pem()),
            issuer: Issuer::new(authority, key),
        }
    }

    /// A certificate of a server at `localhost`, and only there.
    pub(crate) fn server(&self, directory: &Path, name: &str, term: Term) -> Made {
        let mut asked = CertificateParams::new(["localhost".to_owned()]).unwrap();
        if matches!(term, Term::HasEnded) {
            asked.not_after = date_time_ymd(2020, 1, 1);
        }
        asked.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
        self.sign(directory, name, asked)
    }

    /// A certificate of a client, for a role of the database.
    pub(crate) fn client(&self, directory: &Path, name: &str, role: &str) -> Made {
        let mut asked = CertificateParams::default();
        asked.distinguished_name.push(DnType::CommonName, role);
        asked.insert_extended_key_usage(ExtendedKeyUsagePurpose::ClientAuth);
        self.sign(directory, name, asked)
    }

    fn sign(&self, directory: &Path, name: &str, asked: CertificateParams) -> Made {
        let key = KeyPair::generate().unwrap();
        let signed = asked.signed_by(&key, &self.issuer).unwrap();
        Made {
            certificate: written(directory, &format!("{name}.crt"), &signed.pem()),
            key: written(directory, &format!("{name}.key"), &key.serialize_pem()),
        }
    }
}
