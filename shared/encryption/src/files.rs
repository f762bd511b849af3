//! Files of certificates, as PEM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use thiserror::Error;

/// What a client shows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCertificate {
    /// The certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why a file of certificates cannot be used.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read, or is no PEM.
    #[error("{} cannot be read: {detail}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// There is nothing of the kind in a file.
    #[error(
        "{} holds no {wanted}; what is wanted is a PEM file, in which one begins with -----BEGIN",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
    /// A certificate of an authority is none.
    #[error("{} holds what is no certificate of an authority: {detail}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Certificate and key cannot be used together.
    #[error("the key in {} is not that of the certificate in {}: {detail}", key.display(), certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong with them.
        detail: String,
    },
}

/// Checks that a file holds certificates of authorities.
///
/// # Errors
/// [`CertificateError`] naming the file.
pub fn check_authorities(path: &Path) -> Result<(), CertificateError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        store
            .add(certificate)
            .map_err(|error| CertificateError::Authority {
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
    }
    Ok(())
}

/// Checks that two files hold a certificate and its key.
///
/// # Errors
/// [`CertificateError`] naming the file.
pub fn check_own(own: &OwnCertificate) -> Result<(), CertificateError> {
    let chain = certificates(&own.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&own.key)
        .map_err(|error| unreadable(&own.key, "private key", error))?;
    let provider = Arc::new(ring::default_provider());
    match CertifiedKey::from_der(chain, key, &provider) {
        // A key whose public half its provider does not tell cannot be compared.
        Ok(_) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(()),
        Err(error) => Err(CertificateError::Mismatch {
            certificate: own.certificate.clone(),
            key: own.key.clone(),
            detail: error.to_string(),
        }),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    const WANTED: &str = "certificate";
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(path, WANTED, error));
    let found = found?;
    if found.is_empty() {
        return Err(unreadable(path, WANTED, pem::Error::NoItemsFound));
    }
    Ok(found)
}

fn unreadable(path: &Path, wanted: &'static str, error: pem::Error) -> CertificateError {
    let path = path.to_owned();
    match error {
        pem::Error::NoItemsFound => CertificateError::Empty { path, wanted },
        error => CertificateError::Unreadable {
            path,
            detail: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    fn written(directory: &TempDir, name: &str, text: &str) -> PathBuf {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_certificate_and_its_key_are_taken_and_anothers_key_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut own = OwnCertificate {
            certificate: written(&directory, "own.crt", &made.cert.pem()),
            key: written(&directory, "own.key", &made.signing_key.serialize_pem()),
        };
        check_own(&own).unwrap();
        let other = KeyPair::generate().unwrap().serialize_pem();
        own.key = written(&directory, "other.key", &other);
        let told = check_own(&own).unwrap_err().to_string();
        assert!(
            told.contains("other.key") && told.contains("own.crt"),
            "{told}"
        );
        own.key = own.certificate.clone();
        let told = check_own(&own).unwrap_err().to_string();
        assert!(told.contains("holds no private key"), "{told}");
    }

    #[test]
    fn what_holds_no_certificate_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent.crt");
        let told = check_authorities(&absent).unwrap_err().to_string();
        assert!(told.contains("absent.crt cannot be read"), "{told}");
        let empty = written(&directory, "empty.crt", "");
        let told = check_authorities(&empty).unwrap_err().to_string();
        assert!(told.contains("empty.crt holds no certificate"), "{told}");
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::new(vec![]).unwrap();
        let pem = made.self_signed(&key).unwrap().pem();
        let broken = pem.replacen("MII", "AAA", 1);
        let broken = written(&directory, "broken.crt", &broken);
        assert!(check_authorities(&broken).is_err());
        check_authorities(&written(&directory, "good.crt", &pem)).unwrap();
    }
}
