//! Encrypted connections: the files of certificates that they need, looked at
//! before they are used, and why one was not made, in words.

mod files;
mod refusal;

pub use files::{CertificateError, OwnCertificate, check_authorities, check_own};
pub use refusal::{Names, tls_error, told};
