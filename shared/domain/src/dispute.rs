//! Disputes: somebody names something done on GitHub that they miss.

use std::fmt;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::RepositoryName;

/// Namespace of the ids of disputes.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d94_51f7_8c3a_5be1_a6d0_47c2_91ef_3b58);

/// The hosts that show GitHub's pages.
const HOSTS: [&str; 2] = ["github.com", "www.github.com"];

/// What a tag cannot hold in the address of its page.
const NOT_IN_ADDRESSES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// What a tag cannot hold where it is one part of a path.
const NOT_IN_PARTS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Something on GitHub that a URL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disputed {
    /// Where.
    pub repository: RepositoryName,
    /// What.
    pub what: DisputedThing,
}

/// What a URL names in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputedThing {
    /// A pull request, by its number.
    PullRequest(u64),
    /// A review of a pull request.
    Review {
        /// The pull request's number.
        number: u64,
        /// The review's id.
        review: u64,
    },
    /// A comment on a line of a pull request, by its id.
    ReviewComment(u64),
    /// An issue, by its number.
    Issue(u64),
    /// A comment on an issue or pull request.
    Comment {
        /// The number of what it is on.
        number: u64,
        /// The comment's id.
        comment: u64,
    },
    /// A commit, by its sha.
    Commit(String),
    /// A release, by its tag.
    Release(String),
}

/// What came of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// What GitHub says of it is on the log.
    Recorded,
    /// GitHub has it, and the rules give nothing for it.
    NotCounted,
    /// GitHub does not have it, or shows it to nobody.
    NotFound,
}

/// A URL that names nothing that could count.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{0:?} names nothing that could count; use the address of a pull request, review, issue, comment, commit or release on GitHub"
)]
pub struct NotDisputable(pub String);

impl Disputed {
    /// Reads a URL as the pages of GitHub show it, and of no other host: what is
    /// asked for is always GitHub's.
    ///
    /// # Errors
    /// [`NotDisputable`] when it names none of the things that count.
    pub fn parse(url: &str) -> Result<Self, NotDisputable> {
        let refused = || NotDisputable(url.chars().take(200).collect());
        let rest = url.trim().strip_prefix("https://").ok_or_else(refused)?;
        let (host, path) = rest.split_once('/').ok_or_else(refused)?;
        if !HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known)) {
            return Err(refused());
        }
        let (path, anchor) = path.split_once('#').unwrap_or((path, ""));
        let path = path.split('?').next().unwrap_or(path);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let [owner, name, kind, named, more @ ..] = parts.as_slice() else {
            return Err(refused());
        };
        let repository = RepositoryName::entered(&format!("{owner}/{name}"));
        let repository = repository.map_err(|_| refused())?;
        let what = match *kind {
            "pull" => of_pull_request(named, more, anchor),
            "issues" => of_issue(named, anchor),
            "commit" => sha(named).map(DisputedThing::Commit),
            "releases" if *named == "tag" => tag(more).map(DisputedThing::Release),
            _ => None,
        };
        let what = what.ok_or_else(refused)?;
        Ok(Self { repository, what })
    }

    /// The dispute's id: whoever names the same thing means the same dispute.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let named = self.to_string().to_ascii_lowercase();
        Uuid::new_v5(&NAMESPACE, named.as_bytes())
    }
}

/// A pull request's page, or that of one of its commits; an anchor names what
/// is on it.
fn of_pull_request(number: &str, more: &[&str], anchor: &str) -> Option<DisputedThing> {
    let number = number.parse().ok()?;
    if let Some(review) = anchor.strip_prefix("pullrequestreview-") {
        let review = review.parse().ok()?;
        return Some(DisputedThing::Review { number, review });
    }
    if let Some(comment) = anchor.strip_prefix("discussion_r") {
        return Some(DisputedThing::ReviewComment(comment.parse().ok()?));
    }
    commented(number, anchor).or_else(|| match more {
        ["commits", named, ..] => sha(named).map(DisputedThing::Commit),
        _ => Some(DisputedThing::PullRequest(number)),
    })
}

fn of_issue(number: &str, anchor: &str) -> Option<DisputedThing> {
    let number = number.parse().ok()?;
    commented(number, anchor).or(Some(DisputedThing::Issue(number)))
}

fn commented(number: u64, anchor: &str) -> Option<DisputedThing> {
    let comment = anchor.strip_prefix("issuecomment-")?.parse().ok()?;
    Some(DisputedThing::Comment { number, comment })
}

fn sha(text: &str) -> Option<String> {
    let is_sha = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha.then(|| text.to_ascii_lowercase())
}

/// The tag that the parts of an address are: tags have slashes, and addresses
/// write what they cannot hold in another way.
fn tag(parts: &[&str]) -> Option<String> {
    let written = parts.join("/");
    let tag = percent_decode_str(&written).decode_utf8().ok()?;
    is_tag(&tag).then(|| tag.into_owned())
}

/// Whether git could have a tag of this name (its `check-ref-format`): no path
/// that is asked for leads out of the repository by it.
fn is_tag(tag: &str) -> bool {
    let refused = |character: char| {
        character.is_control() || character == ' ' || "~^:?*[\\".contains(character)
    };
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let refuses = tag.contains("..") || tag.contains("@{") || tag.ends_with('.') || tag == "@";
    !refuses && tag.len() <= 255 && !tag.contains(refused) && tag.split('/').all(is_part)
}

/// A tag as one part of a path of GitHub's API.
#[must_use]
pub fn tag_in_path(tag: &str) -> String {
    utf8_percent_encode(tag, NOT_IN_PARTS).to_string()
}

impl fmt::Display for Disputed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "https://github.com/{}/", self.repository)?;
        match &self.what {
            DisputedThing::PullRequest(number) => write!(out, "pull/{number}"),
            DisputedThing::Review { number, review } => {
                write!(out, "pull/{number}#pullrequestreview-{review}")
            }
            DisputedThing::ReviewComment(comment) => write!(out, "pull/0#discussion_r{comment}"),
            DisputedThing::Issue(number) => write!(out, "issues/{number}"),
            DisputedThing::Comment { number, comment } => {
                write!(out, "issues/{number}#issuecomment-{comment}")
            }
            DisputedThing::Commit(sha) => write!(out, "commit/{sha}"),
            DisputedThing::Release(tag) => {
                let tag = utf8_percent_encode(tag, NOT_IN_ADDRESSES);
                write!(out, "releases/tag/{tag}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(path: &str) -> Option<DisputedThing> {
        let url = format!("https://github.com/octo/hello/{path}");
        Disputed::parse(&url).ok().map(|disputed| disputed.what)
    }

    #[test]
    fn addresses_of_pages_are_read() {
        use DisputedThing as Thing;
        let sha = "C0FFEE0000000000000000000000000000000000";
        let expected = [
            ("pull/7", Thing::PullRequest(7)),
            ("pull/7/files?w=1", Thing::PullRequest(7)),
            (
                "pull/7#pullrequestreview-9",
                Thing::Review {
                    number: 7,
                    review: 9,
                },
            ),
            ("pull/7#discussion_r8", Thing::ReviewComment(8)),
            (
                "pull/7#issuecomment-5",
                Thing::Comment {
                    number: 7,
                    comment: 5,
                },
            ),
            ("issues/3", Thing::Issue(3)),
            (
                "issues/3#issuecomment-5",
                Thing::Comment {
                    number: 3,
                    comment: 5,
                },
            ),
            ("releases/tag/v1.0", Thing::Release("v1.0".into())),
            (
                "releases/tag/%40scope/pkg%401.0",
                Thing::Release("@scope/pkg@1.0".into()),
            ),
            (
                "releases/tag/release/v1",
                Thing::Release("release/v1".into()),
            ),
            (
                "releases/tag/release%2Fv1",
                Thing::Release("release/v1".into()),
            ),
            ("pull/7/commits", Thing::PullRequest(7)),
            (
                "pull/7/commits/c0ffee0000000000000000000000000000000000",
                Thing::Commit("c0ffee0000000000000000000000000000000000".into()),
            ),
            (
                "pull/7/commits/c0ffee0000000000000000000000000000000000#discussion_r8",
                Thing::ReviewComment(8),
            ),
        ];
        for (path, thing) in expected {
            assert_eq!(what(path), Some(thing), "{path}");
        }
        let commit = what(&format!("commit/{sha}"));
        assert_eq!(commit, Some(Thing::Commit(sha.to_ascii_lowercase())));
        for path in [
            "",
            "pull/x",
            "commit/c0ffee",
            "stargazers",
            "releases/latest",
            "releases/tag",
            "releases/tag/..",
            "releases/tag/%2e%2e/%2e%2e/user",
            "releases/tag/a%00b",
            "releases/tag/a%20b",
            "releases/tag/%ff",
            "pull/7/commits/c0ffee",
        ] {
            assert_eq!(what(path), None, "{path}");
        }
        assert!(Disputed::parse("http://github.com/a/b/pull/1").is_err());
        assert!(Disputed::parse("nonsense").is_err());
        assert!(Disputed::parse("https://www.GitHub.com/a/b/pull/1").is_ok());
        for host in ["gitlab.com", "github.com.example.org", "me@github.com"] {
            let url = format!("https://{host}/a/b/pull/1");
            assert!(Disputed::parse(&url).is_err(), "{url}");
        }
        assert!(Disputed::parse("https://github.com/../user/pull/1").is_err());
    }

    #[test]
    fn a_dispute_reads_back_from_its_address() {
        for tag in [
            "v1.0",
            "@scope/pkg@1.0",
            "release/v1+2",
            "50%",
            "größe",
            "a#b",
        ] {
            let disputed = Disputed {
                repository: RepositoryName::entered("octo/hello").unwrap(),
                what: DisputedThing::Release(tag.to_owned()),
            };
            assert_eq!(
                Disputed::parse(&disputed.to_string()),
                Ok(disputed),
                "{tag}"
            );
        }
        assert_eq!(tag_in_path("@scope/pkg@1.0"), "%40scope%2Fpkg%401.0");
    }

    #[test]
    fn the_same_thing_is_the_same_dispute() {
        let id = |url| Disputed::parse(url).unwrap().id();
        assert_eq!(
            id("https://github.com/Octo/hello/pull/7"),
            id("https://github.com/octo/hello/pull/7/files")
        );
    }
}
