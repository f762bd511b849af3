//! What is left of an event when somebody is left out of it.

use domain::{ContributionKind, CreditBasis, RepositoryName, contribution_id, references_in_key};

use super::Erased;
use crate::{
    AccountSighting, ContributionEnriched, ContributionRecorded, ContributionReinstated,
    ContributionRetracted, DeadLetterRecorded, Event, PullRequestSighting, RepositorySighting,
};

impl Erased {
    /// What is left of an event that tells what a source said, without those who
    /// were erased; `None` when nothing is.
    ///
    /// A commit stays, without who pushed it: its credit may be somebody else's
    /// who wrote the pull request that the push brought in. Everything else
    /// that they did goes. What others did stays, and does not mention them;
    /// their repositories bear another name.
    #[must_use]
    pub fn without(&self, event: Event) -> Option<Event> {
        match event {
            Event::ContributionRecorded(recorded) => self
                .without_recorded(recorded)
                .map(Event::ContributionRecorded),
            Event::ContributionEnriched(enriched) => self
                .without_enriched(enriched)
                .map(Event::ContributionEnriched),
            Event::ContributionRetracted(retracted) => self
                .without_retracted(retracted)
                .map(Event::ContributionRetracted),
            Event::ContributionReinstated(reinstated) => self
                .without_reinstated(reinstated)
                .map(Event::ContributionReinstated),
            Event::DeadLetterRecorded(letter) => {
                Some(Event::DeadLetterRecorded(self.without_mention(letter)))
            }
            other => Some(other),
        }
    }

    fn without_recorded(&self, event: ContributionRecorded) -> Option<ContributionRecorded> {
        let pending = event.basis == CreditBasis::Pending;
        let own = event
            .credited
            .as_ref()
            .or(event.actor.as_ref())
            .filter(|_| !pending);
        let is_own = own.is_some_and(|account| self.covers(account));
        if is_own && event.kind != ContributionKind::Commit {
            return None;
        }
        let others = |account: &AccountSighting| !self.covers(account);
        let (mut repository, mut source) = (event.repository, event.source);
        let key = self.rename(&mut repository, &mut source.reference, event.key);
        Some(ContributionRecorded {
            contribution: contribution_id(&key),
            key,
            repository,
            source,
            actor: event.actor.filter(others),
            credited: event.credited.filter(others),
            // Whoever pushed it is not known any more.
            basis: if is_own {
                CreditBasis::Pusher
            } else {
                event.basis
            },
            pull_request: event.pull_request.map(|found| self.without_author(found)),
            ..event
        })
    }

    fn without_author(&self, pull_request: PullRequestSighting) -> PullRequestSighting {
        if pull_request
            .author
            .as_ref()
            .is_some_and(|author| self.covers(author))
        {
            return PullRequestSighting {
                author: None,
                author_source: None,
                ..pull_request
            };
        }
        pull_request
    }

    fn without_enriched(&self, event: ContributionEnriched) -> Option<ContributionEnriched> {
        let mut enriched = event;
        let before = (enriched.pull_request.is_some(), enriched.accounts.len());
        enriched.accounts.retain(|seen| !self.covers(&seen.account));
        enriched.pull_request = enriched
            .pull_request
            .map(|found| self.without_author(found));
        let tells =
            |found: &PullRequestSighting| found.author.is_some() || found.merge_commit.is_some();
        enriched.pull_request = enriched.pull_request.filter(tells);
        if let Some(repository) = &mut enriched.repository {
            self.rename(repository, &mut enriched.source.reference, String::new());
        }
        for seen in &mut enriched.repositories {
            self.rename(
                &mut seen.repository,
                &mut enriched.source.reference,
                String::new(),
            );
        }
        let lost = before != (enriched.pull_request.is_some(), enriched.accounts.len());
        let is_empty = enriched.pull_request.is_none()
            && enriched.accounts.is_empty()
            && enriched.repositories.is_empty();
        (!lost || !is_empty).then_some(enriched)
    }

    /// A letter whose content mentions them keeps neither that nor from where it came:
    /// there is nothing to be read again.
    fn without_mention(&self, letter: DeadLetterRecorded) -> DeadLetterRecorded {
        let is_mentioned = self.is_mentioned_in(letter.content.as_bytes());
        let mut received = letter.received.filter(|_| !is_mentioned);
        if let Some(received) = &mut received {
            received.source.reference = self.renamed(&received.source.reference);
        }
        DeadLetterRecorded {
            origin: self.renamed(&letter.origin),
            error: self.renamed(&letter.error),
            content: self.content_without(letter.content),
            received,
            ..letter
        }
    }

    fn without_retracted(&self, event: ContributionRetracted) -> Option<ContributionRetracted> {
        let (mut repository, reason) = (event.repository, self.content_without(event.reason));
        let key = self.without_key(&mut repository, event.key)?;
        Some(ContributionRetracted {
            contribution: contribution_id(&key),
            key,
            repository,
            reason,
            ..event
        })
    }

    fn without_reinstated(&self, event: ContributionReinstated) -> Option<ContributionReinstated> {
        let (mut repository, reason) = (event.repository, self.content_without(event.reason));
        let key = self.without_key(&mut repository, event.key)?;
        Some(ContributionReinstated {
            contribution: contribution_id(&key),
            key,
            repository,
            reason,
            ..event
        })
    }

    /// The key of a contribution that was decided about, without the name of
    /// their repository; `None` where it is a star of theirs.
    fn without_key(&self, repository: &mut RepositorySighting, key: String) -> Option<String> {
        let account = references_in_key(&key).and_then(|named| named.account);
        if account.is_some_and(|account| self.covers_reference(account.as_str())) {
            return None;
        }
        Some(self.rename(repository, &mut String::new(), key))
    }

    /// Gives a repository of theirs another name, wherever it is told; returns
    /// the key under that name.
    fn rename(
        &self,
        repository: &mut RepositorySighting,
        reference: &mut String,
        key: String,
    ) -> String {
        let Some(name) = &repository.name else {
            return key;
        };
        if !self.covers_login(name.owner()) {
            return key;
        }
        let (owner, pseudonym) = (name.owner().to_owned(), self.pseudonym(name.owner()));
        let renamed = format!("{pseudonym}/{}", name.name());
        *reference = replace_owner(reference, &owner, &pseudonym);
        repository.name = RepositoryName::parse(&renamed);
        replace_owner(&key, &owner, &pseudonym)
    }
}

/// Replaces `owner/`, whatever its case, where it begins a name.
fn replace_owner(text: &str, owner: &str, by: &str) -> String {
    let (lower, wanted) = (
        text.to_ascii_lowercase(),
        format!("{}/", owner.to_ascii_lowercase()),
    );
    let mut replaced = String::with_capacity(text.len());
    let mut rest = 0;
    for (place, _) in lower.match_indices(&wanted) {
        let before = lower
            .get(..place)
            .and_then(|before| before.chars().next_back());
        let begins = before.is_none_or(|before| !before.is_ascii_alphanumeric() && before != '-');
        if begins && place >= rest {
            replaced.push_str(text.get(rest..place).unwrap_or_default());
            replaced.push_str(by);
            rest = place + owner.len();
        }
    }
    replaced.push_str(text.get(rest..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(references: &[&str]) -> Erased {
        let key = crate::ErasureKey::from_bytes([7; 32]);
        let hashes = references.iter().map(|one| key.hash(one)).collect();
        let mut known = crate::ErasedReferences::default();
        crate::Fold::fold(
            &mut known,
            &Event::ContributorErased(crate::ContributorErased {
                references: hashes,
                actor: "ann".to_owned(),
                reason: String::new(),
                decided_at: chrono::DateTime::UNIX_EPOCH,
            }),
        );
        Erased::new(key, known)
    }

    fn retracted(key: &str, reason: &str) -> Event {
        Event::ContributionRetracted(ContributionRetracted {
            contribution: contribution_id(key),
            key: key.to_owned(),
            repository: RepositorySighting {
                id: None,
                name: RepositoryName::parse("Octo/hello"),
            },
            actor: "ann".to_owned(),
            reason: reason.to_owned(),
            retracted_at: chrono::DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn decisions_about_contributions_do_not_tell_of_them() {
        let erased = erased(&["@octo", "7"]);
        for star in ["star:3:7", "star:@other/one:@octo"] {
            assert_eq!(erased.without(retracted(star, "a test")), None, "{star}");
        }
        let left = erased.without(retracted("commit:@octo/hello:c0ffee", "by octo"));
        let Some(Event::ContributionRetracted(left)) = left else {
            return assert!(left.is_some(), "it is nobody's");
        };
        let pseudonym = erased.pseudonym("octo");
        assert_eq!(left.key, format!("commit:@{pseudonym}/hello:c0ffee"));
        assert_eq!(left.contribution, contribution_id(&left.key));
        assert!(!left.reason.contains("octo"), "{}", left.reason);
        let others = retracted("star:3:8", "a test");
        assert!(erased.without(others).is_some());
    }

    #[test]
    fn owners_are_replaced_where_they_begin_a_name() {
        let replace = |text| replace_owner(text, "Octo", "x");
        assert_eq!(
            replace("commit:@octo/hello:c0ffee"),
            "commit:@x/hello:c0ffee"
        );
        assert_eq!(
            replace("https://api/repos/OCTO/hello"),
            "https://api/repos/x/hello"
        );
        assert_eq!(replace("@not-octo/hello"), "@not-octo/hello");
        assert_eq!(replace("nothing"), "nothing");
    }
}
