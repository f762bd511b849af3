//! Why an encrypted connection was not made, and what to do about it.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

/// How the settings are called that can put it right.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The one that names the file of authorities.
    pub authorities: &'static str,
    /// The one that names the client's own certificate.
    pub certificate: &'static str,
}

/// What TLS objected to, if that is what an error comes from.
#[must_use]
pub fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>() {
            // Its source is that of what it wraps: one would be passed over.
            Some(wrapping) => wrapping
                .get_ref()
                .map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

/// What TLS objected to in words: what is wrong, and what to do about it.
#[must_use]
pub fn told(error: &rustls::Error, names: &Names) -> String {
    match error {
        rustls::Error::InvalidCertificate(fault) => of_server(fault, names),
        rustls::Error::AlertReceived(alert) => of_client(*alert, names),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "what answers there speaks no TLS; is it the right port, and is TLS on?".to_owned()
        }
        other => format!("the encrypted connection could not be made: {other}"),
    }
}

fn of_server(fault: &CertificateError, names: &Names) -> String {
    let authorities = names.authorities;
    match fault {
        CertificateError::UnknownIssuer => format!(
            "its certificate is of no authority that is trusted here; \
             name the file that holds its authority in {authorities}"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "its certificate is for another name: {fault}; \
                 use a name that it is for in the address, or have one made for this name"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has ended: {fault}; renew it there")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!(
                "its certificate is not valid yet: {fault}; look at the clocks of both machines"
            )
        }
        fault => format!("its certificate cannot be trusted: {fault}"),
    }
}

fn of_client(alert: AlertDescription, names: &Names) -> String {
    let certificate = names.certificate;
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            format!("it wants to see a certificate of ours; name one in {certificate}")
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => format!(
            "it refuses our certificate ({alert:?}); \
             name one in {certificate} that is valid, and of an authority that it trusts"
        ),
        alert => format!("it ended the encrypted connection ({alert:?})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names {
        authorities: "ROOT",
        certificate: "OWN",
    };

    #[test]
    fn an_objection_is_found_below_whatever_wraps_it() {
        let objection = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, objection));
        let found = tls_error(&wrapped).unwrap();
        assert!(told(found, &NAMES).contains("renew it there"));
        assert!(tls_error(&io::Error::other("no")).is_none());
    }

    #[test]
    fn each_says_which_setting_puts_it_right() {
        let server = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(told(&server, &NAMES).ends_with("in ROOT"));
        for alert in [
            AlertDescription::CertificateRequired,
            AlertDescription::UnknownCA,
        ] {
            let said = told(&rustls::Error::AlertReceived(alert), &NAMES);
            assert!(said.contains("in OWN"), "{said}");
        }
    }
}
