//! What the translations of all event types share: who, where, when, and the
//! recording of a contribution.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};
use domain::{
    ContributionKind, CreditBasis, Lines, RepositoryReference, SemanticKey, SourceReference,
    contribution_id,
};
use events::{
    AccountSighting, ContributionRecorded, Event, PullRequestSighting, PushSighting,
    RepositorySighting,
};
use sha2::{Digest, Sha256};

use super::shape::RawEvent;

/// One event on its way to becoming contributions.
pub(super) struct Context<'a> {
    document: &'a [u8],
    event_id: Option<String>,
    event_type: String,
    fallback_key: OnceCell<String>,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) repository: RepositorySighting,
    pub(super) reference: RepositoryReference,
    pub(super) actor: Option<AccountSighting>,
    pub(super) source: &'a SourceReference,
    pub(super) published: Vec<Event>,
}

/// A contribution as its event type describes it.
pub(super) struct Found {
    pub key: String,
    pub kind: ContributionKind,
    pub credited: Credited,
    pub quantity: Option<u32>,
    pub lines: Option<Lines>,
    pub pull_request: Option<PullRequestSighting>,
    pub push: Option<PushSighting>,
}

/// Whom an event credits.
pub(super) enum Credited {
    /// The author the object names; the actor where it names none.
    AuthorOrActor(Option<AccountSighting>),
    /// The author, and nobody while no one is known: never the merger.
    AuthorOnly(Option<AccountSighting>),
    /// Whoever acted.
    Actor,
    /// The pusher, until something better is known.
    Pusher,
    /// The author of a commit; the pusher where none is known.
    AuthorOrPusher(Option<AccountSighting>),
}

impl Found {
    pub(super) fn new(kind: ContributionKind, key: String, credited: Credited) -> Self {
        Self {
            key,
            kind,
            credited,
            quantity: Some(1),
            lines: None,
            pull_request: None,
            push: None,
        }
    }

    /// What belongs to a pull request.
    pub(super) fn of(self, pull_request: PullRequestSighting) -> Self {
        Self {
            pull_request: Some(pull_request),
            ..self
        }
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(
        document: &'a [u8],
        raw: &RawEvent,
        event_type: String,
        occurred_at: DateTime<Utc>,
        repository: RepositorySighting,
        reference: RepositoryReference,
        source: &'a SourceReference,
    ) -> Self {
        Self {
            document,
            event_id: raw.id.0.clone(),
            event_type,
            fallback_key: OnceCell::new(),
            occurred_at,
            repository,
            reference,
            actor: raw.actor(),
            source,
            published: Vec::new(),
        }
    }

    /// The key of an event whose object has no id: by type, id and instant,
    /// or by what it says where it has no id of its own either.
    pub(super) fn fallback_key(&self) -> String {
        let compute = || match &self.event_id {
            Some(id) => SemanticKey::Event {
                event_type: &self.event_type,
                id,
                created_at: self.occurred_at,
            }
            .to_string(),
            None => SemanticKey::Digest {
                sha256: &digest(self.document),
            }
            .to_string(),
        };
        self.fallback_key.get_or_init(compute).clone()
    }

    /// The key made of a part that may be missing.
    pub(super) fn key_or_fallback<'k>(
        &self,
        part: Option<u64>,
        key: impl FnOnce(u64) -> SemanticKey<'k>,
    ) -> String {
        part.map_or_else(|| self.fallback_key(), |part| key(part).to_string())
    }

    /// Records a contribution, unless there is nobody it could ever be
    /// credited to: then only what it shows of a pull request is known. Says
    /// whether it did.
    pub(super) fn record(&mut self, found: Found) -> bool {
        let author = |account: Option<AccountSighting>, otherwise| match account {
            Some(account) => (Some(account), CreditBasis::Author),
            None => (None, otherwise),
        };
        let (credited, basis) = match found.credited {
            Credited::AuthorOrActor(account) => author(account, CreditBasis::Actor),
            Credited::AuthorOnly(account) => author(account, CreditBasis::Pending),
            Credited::Actor => (None, CreditBasis::Actor),
            Credited::Pusher => (None, CreditBasis::Pusher),
            Credited::AuthorOrPusher(account) => author(account, CreditBasis::Pusher),
        };
        if credited.is_none() && self.actor.is_none() && basis != CreditBasis::Pending {
            if let Some(pull_request) = found.pull_request {
                self.enrich(pull_request);
            }
            return false;
        }
        self.published
            .push(Event::ContributionRecorded(ContributionRecorded {
                contribution: contribution_id(&found.key),
                key: found.key,
                kind: found.kind,
                occurred_at: self.occurred_at,
                repository: self.repository.clone(),
                actor: self.actor.clone(),
                credited: credited.filter(|account| Some(account) != self.actor.as_ref()),
                basis,
                quantity: found.quantity,
                lines: found.lines,
                pull_request: found.pull_request,
                push: found.push,
                source: self.source.clone(),
            }));
        true
    }

    /// The accounts that what is published carries.
    pub(super) fn carried_accounts(&self) -> Vec<AccountSighting> {
        let mut carried = Vec::new();
        // All contributions of one event carry the same accounts.
        match self.published.first() {
            Some(Event::ContributionRecorded(event)) => {
                carried.extend(event.actor.clone());
                carried.extend(event.credited.clone());
                carried.extend(event.pull_request.as_ref().and_then(|pr| pr.author.clone()));
            }
            Some(Event::ContributionEnriched(event)) => {
                carried.extend(event.pull_request.as_ref().and_then(|pr| pr.author.clone()));
            }
            _ => {}
        }
        carried
    }
}

/// The accounts that an event shows anywhere a rule looks.
pub(super) fn mentioned_accounts(raw: &RawEvent) -> Vec<AccountSighting> {
    let mut mentioned: Vec<AccountSighting> = raw.actor().into_iter().collect();
    let Some(payload) = raw.payload.fields() else {
        return mentioned;
    };
    let issue = payload
        .issue
        .fields()
        .and_then(|issue| issue.user.account());
    let pull_request = payload
        .pull_request
        .fields()
        .and_then(|found| found.user.account());
    let authored = [&payload.comment, &payload.review, &payload.release];
    let authors = authored.into_iter().filter_map(|object| {
        let fields = object.fields()?;
        fields.user.account().or_else(|| fields.author.account())
    });
    for account in issue.into_iter().chain(pull_request).chain(authors) {
        if !mentioned.contains(&account) {
            mentioned.push(account);
        }
    }
    mentioned
}

/// SHA-256 of the canonical form (RFC 8785) of a JSON document. The document
/// was read once already, so it has one.
fn digest(document: &[u8]) -> String {
    let canonical = serde_json::from_slice::<serde_json::Value>(document)
        .and_then(|value| serde_json_canonicalizer::to_vec(&value))
        .unwrap_or_else(|_| document.to_vec());
    Sha256::digest(canonical)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
