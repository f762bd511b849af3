//! Names that an API answers to.

use std::str::FromStr;

use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use thiserror::Error;

use crate::refusal::Refusal;

/// What cannot be the name of a host.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} is no name of a host; use one such as leaderboard.example.org, without port or path"
)]
pub struct NoHost(String);

/// Names that are answered to; without any, every name is.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Reads names.
    ///
    /// # Errors
    /// [`NoHost`] when one is none.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, NoHost> {
        let read = |name: &str| {
            let authority = Authority::from_str(name).ok();
            let is_name =
                authority.is_some_and(|read| read.port().is_none() && read.host() == name);
            if is_name {
                Ok(plain(name))
            } else {
                Err(NoHost(name.to_owned()))
            }
        };
        names
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a request is for one of them, by its address or its `Host`.
    ///
    /// # Errors
    /// The [`Refusal`] of one that is not.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let host = named(uri, headers).ok_or(Refusal::HostUnreadable)?;
        if self.0.contains(&host) {
            return Ok(());
        }
        Err(Refusal::WrongHost(host))
    }
}

/// The host that a request names. One that names several is no request
/// (RFC 9112, section 3.2).
fn named(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(header::HOST).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return None;
    }
    if let Some(host) = uri.host() {
        return Some(plain(host));
    }
    let authority = Authority::from_str(first?.to_str().ok()?).ok()?;
    Some(plain(authority.host()))
}

/// A name as it is compared: case and a final dot mean nothing.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &AllowedHosts, given: &[&str]) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for host in given {
            headers.append(header::HOST, host.parse().unwrap());
        }
        hosts.check(&Uri::from_static("/"), &headers)
    }

    #[test]
    fn only_names_that_were_given_are_answered_to() {
        let hosts = AllowedHosts::new(["Leaderboard.example.org", "[::1]"]).unwrap();
        for host in [
            "leaderboard.example.org",
            "LEADERBOARD.example.org:8443",
            "leaderboard.example.org.",
            "[::1]:80",
        ] {
            assert!(check(&hosts, &[host]).is_ok(), "{host}");
        }
        for host in [
            "example.org",
            "leaderboard.example.org.evil.test",
            "127.0.0.1",
        ] {
            assert!(
                matches!(check(&hosts, &[host]), Err(Refusal::WrongHost(_))),
                "{host}"
            );
        }
        for unreadable in [&[][..], &["a b"], &["leaderboard.example.org", "evil.test"]] {
            let refused = check(&hosts, unreadable);
            assert!(
                matches!(refused, Err(Refusal::HostUnreadable)),
                "{unreadable:?}"
            );
        }
        let absolute = Uri::from_static("http://evil.test/");
        let headers = HeaderMap::from_iter([(header::HOST, "[::1]".parse().unwrap())]);
        assert!(hosts.check(&absolute, &headers).is_err());
        assert!(check(&AllowedHosts::default(), &[]).is_ok());
    }

    #[test]
    fn what_is_no_name_is_refused_at_the_start() {
        for wrong in [
            "",
            "example.org:80",
            "https://example.org",
            "a/b",
            "a@b",
            "a b",
        ] {
            assert!(AllowedHosts::new([wrong]).is_err(), "{wrong}");
        }
    }
}
