//! Decisions as they are stored.

use domain::{AccountReference, Decisions};
use events::Event;
use serde_json::Value;
use sqlx::PgConnection;

use super::disputes;
use crate::ProjectionError;
use crate::projections::json;

/// What a decision is about; `None` of what is no decision.
pub(super) fn subject_of(event: &Event) -> Option<String> {
    match event {
        Event::PolicyPublished(event) => Some(event.group.clone().unwrap_or_default()),
        Event::PolicyWithdrawn(event) => Some(event.group.clone()),
        Event::AccountClassified(event) => Some(event.account.to_string()),
        Event::ClassListDefined(event) => Some(event.list.clone()),
        Event::AccountsLinked(event) => Some(event.account.to_string()),
        Event::AccountsUnlinked(event) => Some(event.account.to_string()),
        Event::AffiliationsSet(event) => Some(event.account.to_string()),
        // That somebody was, and not who.
        Event::ContributorErased(_) => Some("a person".to_owned()),
        Event::DisputeRaised(event) => Some(event.url.clone()),
        Event::DisputeAnswered(event) => Some(event.url.clone()),
        Event::RepositoryTracked(event) => Some(event.name.to_string()),
        Event::RepositoryUntracked(event) => Some(event.name.to_string()),
        Event::GroupDefined(event) => Some(event.group.clone()),
        Event::LogLevelChanged(event) => Some(event.service.clone()),
        _ => None,
    }
}

/// Writes a decision down as it was made.
pub(super) async fn record(
    transaction: &mut PgConnection,
    sequence: u64,
    event: &Event,
) -> Result<(), ProjectionError> {
    let detail = detail_of(event)?;
    let text = |field: &str| {
        let text = detail.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (actor, reason) = (text("actor"), text("reason"));
    let sequence = sequence.cast_signed();
    sqlx::query!(
        "INSERT INTO decisions (decision, what, subject, actor, reason, decided_at, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        sequence,
        what(event),
        subject_of(event).unwrap_or_default(),
        actor,
        reason,
        event.time(),
        detail,
    )
    .execute(&mut *transaction)
    .await?;
    let (group, policy) = match event {
        Event::PolicyPublished(event) => (event.group.as_ref(), Some(&event.policy)),
        Event::PolicyWithdrawn(event) => (Some(&event.group), None),
        Event::AffiliationsSet(event) => {
            return write_affiliations(transaction, event).await;
        }
        Event::DisputeRaised(event) => return Ok(disputes::raised(transaction, event).await?),
        Event::DisputeAnswered(event) => return Ok(disputes::answered(transaction, event).await?),
        _ => return Ok(()),
    };
    let version = policy.map(|policy| i32::try_from(policy.version).unwrap_or(i32::MAX));
    sqlx::query!(
        "INSERT INTO policies (decision, group_name, version, policy, actor, reason, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        sequence,
        group,
        version,
        policy.map(json).transpose()?,
        actor,
        reason,
        event.time(),
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// The event's type without what all have in common and its version.
fn what(event: &Event) -> &'static str {
    let name = event.event_type();
    let name = name.strip_prefix("leaderboard.").unwrap_or(name);
    name.rsplit_once(".v").map_or(name, |(name, _)| name)
}

fn detail_of(event: &Event) -> Result<Value, sqlx::Error> {
    match event {
        Event::PolicyPublished(event) => json(event),
        Event::PolicyWithdrawn(event) => json(event),
        Event::AccountClassified(event) => json(event),
        Event::ClassListDefined(event) => json(event),
        Event::AccountsLinked(event) => json(event),
        Event::AccountsUnlinked(event) => json(event),
        Event::AffiliationsSet(event) => json(event),
        Event::ContributorErased(event) => json(event),
        Event::DisputeRaised(event) => json(event),
        Event::DisputeAnswered(event) => json(event),
        Event::RepositoryTracked(event) => json(event),
        Event::RepositoryUntracked(event) => json(event),
        Event::GroupDefined(event) => json(event),
        Event::LogLevelChanged(event) => json(event),
        _ => Ok(Value::Null),
    }
}

async fn write_affiliations(
    transaction: &mut PgConnection,
    set: &events::AffiliationsSet,
) -> Result<(), ProjectionError> {
    sqlx::query!(
        "DELETE FROM affiliations WHERE account = $1",
        set.account.as_str()
    )
    .execute(&mut *transaction)
    .await?;
    for (ordinal, affiliation) in (0_i32..).zip(&set.affiliations) {
        sqlx::query!(
            "INSERT INTO affiliations (account, ordinal, from_day, until_day, company)
             VALUES ($1, $2, $3, $4, $5)",
            set.account.as_str(),
            ordinal,
            affiliation.from,
            affiliation.until,
            affiliation.company,
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

/// Writes what decisions come to, where that changed, and which was the last.
pub(super) async fn write(
    transaction: &mut PgConnection,
    before: &Decisions,
    after: &Decisions,
    last: i64,
) -> Result<(), ProjectionError> {
    if before.links != after.links {
        write_links(transaction, after).await?;
    }
    if before.classes != after.classes {
        write_classes(transaction, after).await?;
    }
    sqlx::query!("UPDATE counting SET decision = $1", last)
        .execute(transaction)
        .await?;
    Ok(())
}

async fn write_links(
    transaction: &mut PgConnection,
    decisions: &Decisions,
) -> Result<(), ProjectionError> {
    let links = &decisions.links;
    let column = |of: fn(&AccountReference, &AccountReference) -> AccountReference| {
        let links = links
            .iter()
            .map(|(account, into)| of(account, into).to_string());
        links.collect::<Vec<String>>()
    };
    let accounts = column(|account, _| account.clone());
    let linked_to = column(|_, into| into.clone());
    let credited = links
        .iter()
        .map(|(account, _)| links.credited(account).to_string());
    let credited: Vec<String> = credited.collect();
    sqlx::query!("DELETE FROM account_links")
        .execute(&mut *transaction)
        .await?;
    sqlx::query!(
        "INSERT INTO account_links (account, linked_to, credited)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
        &accounts,
        &linked_to,
        &credited,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

async fn write_classes(
    transaction: &mut PgConnection,
    decisions: &Decisions,
) -> Result<(), ProjectionError> {
    let classes = &decisions.classes;
    let (accounts, decided): (Vec<String>, Vec<String>) = classes
        .accounts()
        .map(|(account, class)| (account.to_string(), class.to_string()))
        .unzip();
    sqlx::query!("DELETE FROM decided_classes")
        .execute(&mut *transaction)
        .await?;
    sqlx::query!(
        "INSERT INTO decided_classes (account, class) SELECT * FROM unnest($1::text[], $2::text[])",
        &accounts,
        &decided,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("DELETE FROM class_lists")
        .execute(&mut *transaction)
        .await?;
    for (name, list) in classes.lists() {
        let logins: Vec<String> = list.logins.iter().cloned().collect();
        sqlx::query!(
            "INSERT INTO class_lists (name, class, logins) VALUES ($1, $2, $3)",
            name,
            list.class.as_str(),
            &logins,
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}
