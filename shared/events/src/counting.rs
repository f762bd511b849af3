//! Decisions about counting: what things are worth, which accounts are one
//! person, who is no person, and whom people worked for.

use chrono::{DateTime, Utc};
use domain::{
    AccountClass, AccountReference, Affiliation, ClassList, Decided, Decisions, Policy,
    PolicyRecord, PublishedPolicy,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Fold};

/// `policy.published`, version 1: from now on things are worth something else,
/// on all boards or on those of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyPublished {
    /// The group of repositories whose boards it is for; none for all boards
    /// that have no policy of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What things are worth, under the next version.
    #[schemars(with = "PolicyRecord")]
    pub policy: Policy,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `policy.withdrawn`, version 1: a group's boards have no policy of their own
/// any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyWithdrawn {
    /// The group.
    pub group: String,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `account.classified`, version 1: whether a person, a bot or an agent is
/// behind an account, whatever else speaks for or against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountClassified {
    /// The account. A decision about `@login` holds for as long as no single
    /// id is known to have borne the login.
    pub account: AccountReference,
    /// The class; none takes the decision back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<AccountClass>,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `class_list.defined`, version 1: whoever has borne one of these logins is
/// of this class, unless it was decided otherwise about the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassListDefined {
    /// The list's name: lower-case letters, digits and hyphens.
    pub list: String,
    /// The class of everybody on it.
    pub class: AccountClass,
    /// All logins on it, whatever their case; none takes the list back.
    pub logins: Vec<String>,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `accounts.linked`, version 1: two accounts are one person, and one of them
/// is credited for what both did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountsLinked {
    /// The account that is credited no more.
    pub account: AccountReference,
    /// The one that is credited in its place.
    pub into: AccountReference,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `accounts.unlinked`, version 1: an account is credited itself again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountsUnlinked {
    /// The account.
    pub account: AccountReference,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// `affiliations.set`, version 1: whom an account worked for, all its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AffiliationsSet {
    /// The account.
    pub account: AccountReference,
    /// Its times at companies, in order, none overlapping another; none when
    /// nothing is known of any.
    pub affiliations: Vec<Affiliation>,
    /// Who decided.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

impl Fold for Decisions {
    /// A link that would close a circle changes nothing: it cannot have been
    /// decided on all that was decided before.
    fn fold(&mut self, event: &Event) {
        match event {
            Event::PolicyPublished(event) => self.policies.publish(PublishedPolicy {
                group: event.group.clone(),
                policy: Some(event.policy.clone()),
                decided: decided(&event.actor, &event.reason, event.decided_at),
            }),
            Event::PolicyWithdrawn(event) => self.policies.publish(PublishedPolicy {
                group: Some(event.group.clone()),
                policy: None,
                decided: decided(&event.actor, &event.reason, event.decided_at),
            }),
            Event::AccountClassified(event) => {
                self.classes.decide(event.account.clone(), event.class);
            }
            Event::ClassListDefined(event) => {
                let logins = event.logins.iter().map(String::as_str);
                let list = ClassList::new(event.class, logins);
                self.classes.define(event.list.clone(), list);
            }
            Event::AccountsLinked(event) => {
                drop(self.links.link(event.account.clone(), event.into.clone()));
            }
            Event::AccountsUnlinked(event) => drop(self.links.unlink(&event.account)),
            Event::AffiliationsSet(event) => {
                let affiliations = event.affiliations.clone();
                self.affiliations.set(event.account.clone(), affiliations);
            }
            _ => {}
        }
    }
}

pub(crate) fn decided(actor: &str, reason: &str, at: DateTime<Utc>) -> Decided {
    Decided {
        actor: actor.to_owned(),
        reason: reason.to_owned(),
        at,
    }
}
