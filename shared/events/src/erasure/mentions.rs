//! Mentions of people in what is no event of theirs.

use serde_json::Value;

use super::Erased;

/// What stands for a content that mentions somebody.
const LEFT_OUT: &str = "left out: it mentions somebody who was forgotten";

impl Erased {
    /// Whether something that may be JSON tells of one of them: by a login in any
    /// text, alone or among other words, or by an id where an account's would
    /// stand.
    #[must_use]
    pub fn is_mentioned_in(&self, content: &[u8]) -> bool {
        match serde_json::from_slice::<Value>(content) {
            Ok(value) => self.is_mentioned(&value),
            Err(_) => self.is_named_in(&String::from_utf8_lossy(content)),
        }
    }

    /// A content without them: itself, or that it was left out.
    #[must_use]
    pub fn content_without(&self, content: String) -> String {
        if self.is_mentioned_in(content.as_bytes()) {
            LEFT_OUT.to_owned()
        } else {
            content
        }
    }

    fn is_mentioned(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_named_in(text),
            Value::Array(values) => values.iter().any(|value| self.is_mentioned(value)),
            Value::Object(fields) => {
                let is_id = |(name, value): (&String, &Value)| {
                    name.ends_with("id")
                        && value.as_u64().is_some_and(|id| self.has(&id.to_string()))
                };
                fields.iter().any(is_id) || fields.values().any(|value| self.is_mentioned(value))
            }
            _ => false,
        }
    }

    /// Whether a login of theirs is among the words of a text: a text is taken
    /// apart at everything that no login has.
    fn is_named_in(&self, text: &str) -> bool {
        text.split(|letter: char| !is_of_login(letter))
            .filter(|word| !word.is_empty())
            .any(|word| self.covers_login(word))
    }

    /// A text with what stands for a login in the place of each of theirs.
    pub(super) fn renamed(&self, text: &str) -> String {
        let mut renamed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let length = rest.find(|letter| !is_of_login(letter));
            match length.unwrap_or(rest.len()) {
                0 => {
                    renamed.push(letter);
                    rest = rest.get(letter.len_utf8()..).unwrap_or_default();
                }
                length => {
                    let (word, following) = rest.split_at(length);
                    if self.covers_login(word) {
                        renamed.push_str(&self.pseudonym(word));
                    } else {
                        renamed.push_str(word);
                    }
                    rest = following;
                }
            }
        }
        renamed
    }
}

/// Whether a letter can be one of a login.
fn is_of_login(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_[]".contains(letter)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{ErasedReferences, ErasureKey, Fold};

    pub(crate) fn erased(references: &[&str]) -> Erased {
        let key = ErasureKey::from_bytes([7; 32]);
        let hashes = references.iter().map(|one| key.hash(one)).collect();
        let mut known = ErasedReferences::default();
        known.fold(&crate::Event::ContributorErased(crate::ContributorErased {
            references: hashes,
            actor: "ann".to_owned(),
            reason: String::new(),
            decided_at: chrono::DateTime::UNIX_EPOCH,
        }));
        Erased::new(key, known)
    }

    #[test]
    fn logins_are_found_among_words_and_ids_where_they_stand() {
        let erased = erased(&["@octocat", "583231"]);
        for content in [
            r#"{"actor":{"login":"Octocat"}}"#,
            r#"{"body":"thanks, @octocat, for this"}"#,
            r#"{"body":"(octocat)"}"#,
            r#"{"repo":{"name":"octocat/hello"}}"#,
            r#"{"actor":{"id":583231}}"#,
            r#"{"events":[{"actor_id":583231}]}"#,
            "no JSON, but octocat's",
        ] {
            assert!(erased.is_mentioned_in(content.as_bytes()), "{content}");
            assert!(
                !erased
                    .content_without(content.to_owned())
                    .contains("octocat")
            );
        }
    }

    #[test]
    fn logins_are_replaced_among_words() {
        let erased = erased(&["@octocat"]);
        let other = erased.renamed("Octocat");
        for (text, expected) in [
            ("", String::new()),
            (
                "octocat/hello, ünd @octocat.",
                format!("{other}/hello, ünd @{other}."),
            ),
            (
                "octocats and my-octocat",
                "octocats and my-octocat".to_owned(),
            ),
        ] {
            assert_eq!(erased.renamed(text), expected);
        }
    }

    #[test]
    fn others_are_left_alone() {
        let erased = erased(&["@octocat", "583231"]);
        for content in [
            r#"{"actor":{"login":"octocats","id":583232}}"#,
            r#"{"size":583231}"#,
            r#"{"body":"octocat-fan and my_octocat"}"#,
            "no JSON: octo cat",
        ] {
            assert!(!erased.is_mentioned_in(content.as_bytes()), "{content}");
            assert_eq!(erased.content_without(content.to_owned()), content);
        }
    }
}
