//! `erase`: somebody is forgotten. What they did goes from the log and from
//! everything made of it, and later sightings are dropped.

use std::collections::HashSet;

use anyhow::Context;
use decisions::counting::decisions;
use decisions::erasure::{Person, Rewritten, decide, erased, rewrite};
use domain::AccountReference;
use event_log::{ERASURE_KNOWN_WITHIN, EventLog};
use postgres::GenerationPool;
use projector::replay::{self, Author};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::accounts::meant;
use super::tell::tell;
use super::tracking::{author, log};
use crate::cli::Options;
use crate::cli::erase::Erase;
use crate::services::open_pool;
use crate::tables::separated;

pub(super) async fn erase(options: &Options, wanted: &Erase) -> anyhow::Result<()> {
    let account = meant(options, &wanted.account).await?;
    let log = log(options).await?;
    let pool = open_pool(&options.database()?).await?;
    let people = one_person(&log, account).await?;
    let theirs = credited(&pool, &people).await?;
    let logins: usize = people.iter().map(Person::logins).sum();
    let as_json = wanted.deciding.json;
    let mut outcome = json!({
        "accounts": people.len(),
        "logins": logins,
        "contributions": theirs.len(),
        "erased": false,
    });
    let say = |said: String| {
        if !as_json {
            println!("{said}");
        }
    };
    say(format!(
        "{} accounts with {logins} logins, credited for {} contributions",
        people.len(),
        separated(i64::try_from(theirs.len()).unwrap_or(i64::MAX))
    ));
    if !wanted.confirm {
        let said = "nothing was done; --confirm takes all of it from the log, for good";
        tell(as_json, &outcome, said);
        return Ok(());
    }
    let key = options.erasure_key_or_new()?;
    let author = author(&wanted.deciding);
    let guarded = log.clone().guarded_by(key.clone());
    for person in &people {
        decide(&guarded, &key, person, &author).await?;
    }
    let known = erased(&guarded, &key).await?;
    let others = decisions::Author {
        reason: "decided anew: somebody was forgotten".to_owned(),
        ..author.clone()
    };
    let mut all = Rewritten::default();
    loop {
        // Until then publishers may not know of it yet.
        tokio::time::sleep(ERASURE_KNOWN_WITHIN).await;
        let found = rewrite(&guarded, &known, &theirs, &others).await?;
        all = Rewritten {
            removed: all.removed + found.removed,
            redacted: all.redacted + found.redacted,
            unfinished: found.unfinished,
        };
        if found.is_nothing() {
            break;
        }
    }
    say(format!(
        "{} messages are gone, {} do not mention them any more",
        all.removed, all.redacted
    ));
    if all.unfinished > 0 {
        say(format!(
            "{} jobs that are not done yet name them; run this again when they are",
            all.unfinished
        ));
    }
    say(format!(
        "keep the erasure key ({}): whoever publishes needs it from now on",
        options.erasure_key_place()
    ));
    say("the read models are being made anew; projectors must run".to_owned());
    let author = Author {
        actor: author.actor,
        reason: "somebody was erased".to_owned(),
    };
    let switched = replay::rebuild(&pool, &author, |_| {}).await?;
    outcome["erased"] = json!(true);
    outcome["messages_removed"] = json!(all.removed);
    outcome["messages_redacted"] = json!(all.redacted);
    outcome["jobs_not_done"] = json!(all.unfinished);
    outcome["erasure_key"] = json!(options.erasure_key_place());
    outcome["generation"] = json!(switched.to);
    let said = format!(
        "readers read generation {}; all others are gone",
        switched.to
    );
    tell(as_json, &outcome, said);
    Ok(())
}

/// The account, and all that were decided to be one person with it.
async fn one_person(log: &EventLog, account: AccountReference) -> anyhow::Result<Vec<Person>> {
    let links = decisions(log).await?.links;
    let credited = links.credited(&account).clone();
    let linked = links.iter().map(|(linked, _)| linked);
    let linked = linked.filter(|linked| *links.credited(linked) == credited);
    let mut accounts: Vec<AccountReference> = linked.cloned().collect();
    accounts.extend([account, credited]);
    accounts.sort();
    accounts.dedup();
    let mut people = Vec::new();
    for account in accounts {
        people.push(Person::find(log, account).await?);
    }
    Ok(people)
}

/// The contributions that are credited to them.
async fn credited(pool: &PgPool, people: &[Person]) -> anyhow::Result<HashSet<Uuid>> {
    let references: Vec<String> = people.iter().flat_map(Person::references).collect();
    let mut transaction = GenerationPool::active(pool).await?.begin().await?;
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM contribution_events WHERE contributor = ANY ($1)")
            .bind(&references)
            .fetch_all(&mut *transaction)
            .await
            .context("the contributions cannot be read")?;
    transaction.commit().await?;
    Ok(ids.into_iter().collect())
}
