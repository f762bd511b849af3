//! Addresses: of contributions on GitHub, and of our own resources.

use std::fmt::Write;

use domain::{AccountReference, ContributionKind, SightingRecord};

/// Escapes what cannot stand in one part of a path.
pub(crate) fn path_segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' | b':' => {
                escaped.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
        escaped
    })
}

/// A path, asked with the pairs that hold anything.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    for (place, (name, value)) in given.enumerate() {
        address.push(if place == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.push_str(&path_segment(value));
    }
    address
}

/// `owner/name` with both parts escaped.
pub(crate) fn repository_path(name: &str) -> String {
    let (owner, name) = name.split_once('/').unwrap_or((name, ""));
    format!("{}/{}", path_segment(owner), path_segment(name))
}

/// How an account is named in an address so that it means no other.
pub(crate) fn account_segment(reference: &AccountReference) -> String {
    path_segment(&account_name(reference))
}

/// The same where addresses are escaped afterwards.
pub(crate) fn account_name(reference: &AccountReference) -> String {
    if reference.is_by_name() {
        reference.as_str().to_owned()
    } else {
        format!("id:{}", reference.as_str())
    }
}

/// How an account that was found by a name is asked for again: one that was asked for
/// by id, or by a login of before, keeps being so.
pub(crate) fn asked_again(account: &AccountReference, login: &str, asked: &str) -> String {
    match asked.eq_ignore_ascii_case(login) {
        true => login.to_owned(),
        false => account_name(account),
    }
}

/// The page of an account that was found by a name, by which it is [`asked_again`].
pub(crate) fn contributor_path(account: &AccountReference, login: &str, asked: &str) -> String {
    let segment = path_segment(&asked_again(account, login, asked));
    format!("/contributors/{segment}")
}

/// Where a contribution can be looked at, as exactly as what is known allows:
/// the thing itself, GitHub's API where its page cannot be derived (comments
/// on issues whose number no event gives), or the list it stands in.
pub(crate) fn github_url(
    repository: &str,
    kind: ContributionKind,
    semantic_key: &str,
    sightings: &[SightingRecord],
) -> String {
    let path = repository_path(repository);
    let page = format!("https://github.com/{path}");
    let api = format!("https://api.github.com/repos/{path}");
    let mut parts = semantic_key.split(':');
    let rule = parts.next().unwrap_or_default();
    // References by name hold no colon, so the identifying part is the third
    // of keys that name the repository and the second of the others.
    let second = path_segment(parts.next().unwrap_or_default());
    let third = path_segment(parts.next().unwrap_or_default());
    let pull_request = sightings
        .iter()
        .find_map(|sighting| sighting.pull_request.as_ref()?.number);
    match (rule, pull_request) {
        ("commit", _) => format!("{page}/commit/{third}"),
        ("pull_request_opened" | "pull_request_merged" | "pull_request_closed", _) => {
            format!("{page}/pull/{third}")
        }
        ("pull_request_reviewed", Some(number)) => {
            format!("{page}/pull/{number}#pullrequestreview-{second}")
        }
        ("review_comment", Some(number)) => format!("{page}/pull/{number}#discussion_r{second}"),
        ("review_comment", None) => format!("{api}/pulls/comments/{second}"),
        ("issue_opened" | "issue_closed", _) => format!("{page}/issues/{third}"),
        ("comment", Some(number)) => format!("{page}/pull/{number}#issuecomment-{second}"),
        ("comment", None) => format!("{api}/issues/comments/{second}"),
        ("commit_comment", _) => format!("{api}/comments/{second}"),
        ("release_published", _) => format!("{api}/releases/{second}"),
        _ => format!("{page}{}", list_of(kind)),
    }
}

/// The list that contributions of a kind stand in.
fn list_of(kind: ContributionKind) -> &'static str {
    use ContributionKind as Kind;
    match kind {
        Kind::Commit | Kind::Push => "/commits",
        Kind::PullRequestOpened
        | Kind::PullRequestMerged
        | Kind::PullRequestClosed
        | Kind::PullRequestReviewed
        | Kind::SelfReview
        | Kind::ReviewComment => "/pulls",
        Kind::IssueOpened | Kind::IssueClosed | Kind::Comment => "/issues",
        Kind::ReleasePublished => "/releases",
        Kind::WikiEdit => "/wiki",
        Kind::Discussion => "/discussions",
        Kind::Star => "/stargazers",
        Kind::Fork => "/forks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(number: u64) -> SightingRecord {
        serde_json::from_value(serde_json::json!({
            "pull_request": {"number": number},
            "source": "archive", "reference": "2016-01-01-0.json.gz:7",
            "sequence": 1, "recorded_at": "2026-01-01T00:00:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn contributions_lead_to_github() {
        use ContributionKind as Kind;
        let cases = [
            (
                Kind::Commit,
                "commit:8514:c0ffee",
                "https://github.com/rails/rails/commit/c0ffee",
            ),
            (
                Kind::Commit,
                "push:8514:9",
                "https://github.com/rails/rails/commits",
            ),
            (
                Kind::PullRequestMerged,
                "pull_request_merged:8514:7",
                "https://github.com/rails/rails/pull/7",
            ),
            (
                Kind::IssueClosed,
                "issue_closed:8514:7:2016-01-01T00:00:00Z",
                "https://github.com/rails/rails/issues/7",
            ),
            (
                Kind::Comment,
                "comment:5",
                "https://api.github.com/repos/rails/rails/issues/comments/5",
            ),
            (
                Kind::ReleasePublished,
                "release_published:3",
                "https://api.github.com/repos/rails/rails/releases/3",
            ),
            (
                Kind::PullRequestReviewed,
                "pull_request_reviewed:3",
                "https://github.com/rails/rails/pulls",
            ),
            (
                Kind::WikiEdit,
                "event:GollumEvent:9:2016-01-01T00:00:01Z",
                "https://github.com/rails/rails/wiki",
            ),
            (
                Kind::Star,
                "star:8514:1",
                "https://github.com/rails/rails/stargazers",
            ),
        ];
        for (kind, key, expected) in cases {
            assert_eq!(github_url("rails/rails", kind, key, &[]), expected);
        }
    }

    #[test]
    fn a_known_pull_request_makes_the_address_exact() {
        let url = github_url(
            "a/b",
            ContributionKind::Comment,
            "comment:5",
            &[sighting(12)],
        );
        assert_eq!(url, "https://github.com/a/b/pull/12#issuecomment-5");
        let url = github_url(
            "a/b",
            ContributionKind::PullRequestReviewed,
            "pull_request_reviewed:3",
            &[sighting(12)],
        );
        assert_eq!(url, "https://github.com/a/b/pull/12#pullrequestreview-3");
    }

    #[test]
    fn a_query_holds_what_is_given() {
        assert_eq!(with_query("/a", &[("b", ""), ("c", "")]), "/a");
        let pairs = [("b", "1 2"), ("c", ""), ("d", "x&y")];
        assert_eq!(with_query("/a", &pairs), "/a?b=1%202&d=x%26y");
    }

    #[test]
    fn what_is_not_plain_is_escaped() {
        assert_eq!(path_segment("a b/ü\""), "a%20b%2F%C3%BC%22");
        assert_eq!(account_segment(&AccountReference::from_id(7)), "id:7");
        assert_eq!(
            account_segment(&AccountReference::from_stored("@ü")),
            "@%C3%BC"
        );
    }
}
