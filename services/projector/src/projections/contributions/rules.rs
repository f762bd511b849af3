//! What people decided, as far as contributions are counted by it.

use std::sync::Arc;

use domain::{
    AccountClass, AccountLinks, AccountReference, ClassDecisions, ClassList, Decided, Policies,
    Policy, PublishedPolicy,
};
use sqlx::PgConnection;

use crate::ProjectionError;

/// What contributions are counted by.
#[derive(Debug, Default)]
pub(in crate::projections) struct Rules {
    /// What things are worth on stored boards.
    pub(in crate::projections) policy: Policy,
    /// Which accounts are one person.
    pub(in crate::projections) links: AccountLinks,
    /// Who is no person, or is one.
    pub(in crate::projections) classes: ClassDecisions,
}

/// What the rows of contributions and boards follow.
#[derive(Clone, Copy, Debug)]
pub(in crate::projections) struct Counting {
    /// The last decision.
    pub(in crate::projections) decision: i64,
    /// Whether boards follow contributions, and are not made from the counts later.
    pub(in crate::projections) boards_follow: bool,
}

/// The rules as they were read last.
#[derive(Debug, Default)]
pub(super) struct KnownRules(Option<(i64, Arc<Rules>)>);

impl KnownRules {
    /// The rules that are in effect. Until the transaction ends, no others
    /// come into effect: those who change rows of contributions or boards take
    /// turns.
    pub(super) async fn in_effect(
        &mut self,
        transaction: &mut PgConnection,
    ) -> Result<(Counting, Arc<Rules>), ProjectionError> {
        let counting = lock(transaction).await?;
        let known = self.0.as_ref();
        if let Some((_, rules)) = known.filter(|(known, _)| *known == counting.decision) {
            return Ok((counting, Arc::clone(rules)));
        }
        let rules = Arc::new(read(transaction).await?);
        self.0 = Some((counting.decision, Arc::clone(&rules)));
        Ok((counting, rules))
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// Keeps all others from changing rows of contributions and boards until the
/// transaction ends; returns what those follow.
pub(in crate::projections) async fn lock(
    transaction: &mut PgConnection,
) -> Result<Counting, sqlx::Error> {
    sqlx::query_as!(
        Counting,
        "SELECT decision, boards_follow FROM counting FOR UPDATE"
    )
    .fetch_one(transaction)
    .await
}

/// Reads the rules.
pub(in crate::projections) async fn read(
    transaction: &mut PgConnection,
) -> Result<Rules, ProjectionError> {
    Ok(Rules {
        policy: policies(transaction).await?.general().clone(),
        links: links(transaction).await?,
        classes: classes(transaction).await?,
    })
}

/// Every policy that was published.
pub(crate) async fn policies(transaction: &mut PgConnection) -> Result<Policies, ProjectionError> {
    let rows = sqlx::query!(
        "SELECT group_name, policy, actor, reason, decided_at FROM policies ORDER BY decision"
    );
    let mut policies = Policies::default();
    for row in rows.fetch_all(transaction).await? {
        let policy = row.policy.map(serde_json::from_value).transpose();
        let policy = policy.map_err(|error| ProjectionError::Corrupt {
            what: "policy",
            detail: error.to_string(),
        })?;
        let decided = Decided {
            actor: row.actor,
            reason: row.reason,
            at: row.decided_at,
        };
        policies.publish(PublishedPolicy {
            group: row.group_name,
            policy,
            decided,
        });
    }
    Ok(policies)
}

async fn links(transaction: &mut PgConnection) -> Result<AccountLinks, ProjectionError> {
    let rows = sqlx::query!("SELECT account, linked_to FROM account_links");
    let mut links = AccountLinks::default();
    for row in rows.fetch_all(transaction).await? {
        let account = AccountReference::from_stored(row.account);
        let linked = links.link(account, AccountReference::from_stored(row.linked_to));
        linked.map_err(|error| ProjectionError::Corrupt {
            what: "account link",
            detail: error.to_string(),
        })?;
    }
    Ok(links)
}

async fn classes(transaction: &mut PgConnection) -> Result<ClassDecisions, ProjectionError> {
    let class = |text: &str| {
        AccountClass::from_stored(text).ok_or_else(|| ProjectionError::Corrupt {
            what: "account class",
            detail: text.to_owned(),
        })
    };
    let mut classes = ClassDecisions::default();
    let decided = sqlx::query!("SELECT account, class FROM decided_classes");
    for row in decided.fetch_all(&mut *transaction).await? {
        let account = AccountReference::from_stored(row.account);
        classes.decide(account, Some(class(&row.class)?));
    }
    let lists = sqlx::query!("SELECT name, class, logins FROM class_lists");
    for row in lists.fetch_all(transaction).await? {
        let logins = row.logins.iter().map(String::as_str);
        classes.define(row.name, ClassList::new(class(&row.class)?, logins));
    }
    Ok(classes)
}
