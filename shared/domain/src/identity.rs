//! The identity of a contribution: one thing done on GitHub has one id,
//! whichever source saw it and however often.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{AccountReference, RepositoryReference};

/// Namespace of contribution ids. Changing it changes every id there is.
const CONTRIBUTION_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_8f0e_2b7a_5d43_9c51_7f3a_b0e4_1c26);

/// What makes a contribution the one it is. The text form is stored, sent and
/// hashed: it is part of the wire format and pinned by a golden test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the fields are the parts that the text form shows"
)]
pub enum SemanticKey<'a> {
    Commit {
        repository: &'a RepositoryReference,
        sha: &'a str,
    },
    Push {
        repository: &'a RepositoryReference,
        push_id: u64,
    },
    PullRequestOpened {
        repository: &'a RepositoryReference,
        number: u64,
    },
    PullRequestMerged {
        repository: &'a RepositoryReference,
        number: u64,
    },
    PullRequestClosed {
        repository: &'a RepositoryReference,
        number: u64,
        closed_at: DateTime<Utc>,
    },
    PullRequestReviewed {
        review: u64,
    },
    ReviewComment {
        comment: u64,
    },
    IssueOpened {
        repository: &'a RepositoryReference,
        issue: u64,
    },
    IssueClosed {
        repository: &'a RepositoryReference,
        issue: u64,
        closed_at: DateTime<Utc>,
    },
    Comment {
        comment: u64,
    },
    CommitComment {
        comment: u64,
    },
    Release {
        release: u64,
    },
    Discussion {
        discussion: u64,
    },
    Star {
        repository: &'a RepositoryReference,
        account: &'a AccountReference,
    },
    Fork {
        forkee: u64,
    },
    Event {
        event_type: &'a str,
        id: &'a str,
        created_at: DateTime<Utc>,
    },
    Digest {
        sha256: &'a str,
    },
}

impl fmt::Display for SemanticKey<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit { repository, sha } => write!(out, "commit:{repository}:{sha}"),
            Self::Push {
                repository,
                push_id,
            } => write!(out, "push:{repository}:{push_id}"),
            Self::PullRequestOpened { repository, number } => {
                write!(out, "pull_request_opened:{repository}:{number}")
            }
            Self::PullRequestMerged { repository, number } => {
                write!(out, "pull_request_merged:{repository}:{number}")
            }
            Self::PullRequestClosed {
                repository,
                number,
                closed_at,
            } => {
                write!(
                    out,
                    "pull_request_closed:{repository}:{number}:{}",
                    instant(*closed_at)
                )
            }
            Self::PullRequestReviewed { review } => write!(out, "pull_request_reviewed:{review}"),
            Self::ReviewComment { comment } => write!(out, "review_comment:{comment}"),
            Self::IssueOpened { repository, issue } => {
                write!(out, "issue_opened:{repository}:{issue}")
            }
            Self::IssueClosed {
                repository,
                issue,
                closed_at,
            } => {
                write!(
                    out,
                    "issue_closed:{repository}:{issue}:{}",
                    instant(*closed_at)
                )
            }
            Self::Comment { comment } => write!(out, "comment:{comment}"),
            Self::CommitComment { comment } => write!(out, "commit_comment:{comment}"),
            Self::Release { release } => write!(out, "release_published:{release}"),
            Self::Discussion { discussion } => write!(out, "discussion:{discussion}"),
            Self::Star {
                repository,
                account,
            } => write!(out, "star:{repository}:{account}"),
            Self::Fork { forkee } => write!(out, "fork:{forkee}"),
            Self::Event {
                event_type,
                id,
                created_at,
            } => {
                write!(out, "event:{event_type}:{id}:{}", instant(*created_at))
            }
            Self::Digest { sha256 } => write!(out, "digest:{sha256}"),
        }
    }
}

/// What a semantic key refers to besides the thing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReferences {
    /// The repository.
    pub repository: RepositoryReference,
    /// Who gave the star.
    pub account: Option<AccountReference>,
}

/// What a semantic key refers to; `None` where it names the thing by a number
/// that GitHub gives out once, and so needs nothing else.
#[must_use]
pub fn references_in_key(key: &str) -> Option<KeyReferences> {
    let (rule, rest) = key.split_once(':')?;
    // References by name hold no colon.
    let (repository, rest) = rest.split_once(':')?;
    let is_id = !repository.is_empty() && repository.bytes().all(|byte| byte.is_ascii_digit());
    if !is_id && !repository.starts_with('@') {
        return None;
    }
    Some(KeyReferences {
        repository: RepositoryReference::from_stored(repository),
        account: (rule == "star").then(|| AccountReference::from_stored(rest)),
    })
}

/// Whether a key is made of all that an event says, for want of any id: another
/// source, which says it in other words, would make another one.
#[must_use]
pub fn is_key_of_content(key: &str) -> bool {
    key.starts_with("digest:")
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The id of the contribution with this semantic key: a version 5 UUID.
#[must_use]
pub fn contribution_id(key: &str) -> Uuid {
    Uuid::new_v5(&CONTRIBUTION_NAMESPACE, key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_ids_never_change() {
        let repository = RepositoryReference::from_id(1_296_269);
        let at: DateTime<Utc> = "2016-01-01T00:00:01Z".parse().unwrap();
        let account = AccountReference::from_id(583_231);
        let golden = [
            (
                SemanticKey::Commit {
                    repository: &repository,
                    sha: "c0ffee",
                },
                "commit:1296269:c0ffee",
            ),
            (
                SemanticKey::Push {
                    repository: &repository,
                    push_id: 5,
                },
                "push:1296269:5",
            ),
            (
                SemanticKey::PullRequestClosed {
                    repository: &repository,
                    number: 7,
                    closed_at: at,
                },
                "pull_request_closed:1296269:7:2016-01-01T00:00:01Z",
            ),
            (
                SemanticKey::Star {
                    repository: &repository,
                    account: &account,
                },
                "star:1296269:583231",
            ),
            (
                SemanticKey::Event {
                    event_type: "GollumEvent",
                    id: "9",
                    created_at: at,
                },
                "event:GollumEvent:9:2016-01-01T00:00:01Z",
            ),
        ];
        for (key, text) in golden {
            assert_eq!(key.to_string(), text);
        }
        assert_eq!(
            contribution_id("commit:1296269:c0ffee").to_string(),
            "6fff4db9-b217-58f2-9824-4846a5fc6e44"
        );
    }

    #[test]
    fn keys_tell_what_they_refer_to() {
        let told = |key| {
            let named = references_in_key(key)?;
            let account = named.account.map(|account| account.to_string());
            Some((named.repository.to_string(), account.unwrap_or_default()))
        };
        let expected =
            |repository: &str, account: &str| Some((repository.to_owned(), account.to_owned()));
        assert_eq!(told("commit:1296269:c0ffee"), expected("1296269", ""));
        assert_eq!(told("push:@octo/hello:a..b"), expected("@octo/hello", ""));
        let closed = "pull_request_closed:7:5:2016-01-01T00:00:01Z";
        assert_eq!(told(closed), expected("7", ""));
        assert_eq!(told("star:7:583231"), expected("7", "583231"));
        assert_eq!(
            told("star:@octo/hello:@ann"),
            expected("@octo/hello", "@ann")
        );
        for own in [
            "comment:5",
            "pull_request_reviewed:7",
            "event:GollumEvent:9:2016-01-01T00:00:01Z",
            "digest:c0ffee",
            "",
        ] {
            assert_eq!(told(own), None, "{own}");
        }
    }
}
