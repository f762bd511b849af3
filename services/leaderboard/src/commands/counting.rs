//! `policy`, `account`, `class-list`: deciding what things are worth and who is
//! who.

use std::path::Path;

use anyhow::{Context, bail};
use decisions::Author;
use decisions::counting::{
    Terms, account_entered, classify_account, decisions, define_class_list, link_accounts,
    publish_policy, set_affiliations, unlink_account, withdraw_policy,
};
use domain::{AccountReference, Affiliation, ContributionKind, Policy};
use event_log::EventLog;
use serde_json::{Map, Value, json};

use super::tell::tell_decision;
use super::tracking::{author, log};
use crate::api_client;
use crate::cli::Options;
use crate::cli::counting;
use crate::cli::counting::{
    Account, Affiliate, ClassLists, Classify, DefineClassList, Link, PublishPolicy, ShowPolicy,
    Unlink, WithdrawPolicy,
};
use crate::tables::table;

pub(super) async fn policy(options: &Options, policy: &counting::Policy) -> anyhow::Result<()> {
    match policy {
        counting::Policy::Show(show) => show_policy(options, show).await,
        counting::Policy::List(json) => list_policies(options, json.json).await,
        counting::Policy::Publish(publish) => publish_entered(options, publish).await,
        counting::Policy::Withdraw(withdraw) => withdraw_group(options, withdraw).await,
    }
}

async fn show_policy(options: &Options, show: &ShowPolicy) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    let policy = match (show.number, &show.group) {
        (Some(version), _) => {
            let found = known.policies.version(version);
            found.with_context(|| format!("there is no policy of version {version}"))?
        }
        (None, Some(group)) => known.policies.of_group(group).clone(),
        (None, None) => known.policies.general().clone(),
    };
    if show.json {
        println!("{}", serde_json::to_string(&policy)?);
        return Ok(());
    }
    print_policy(&policy);
    Ok(())
}

fn print_policy(policy: &Policy) {
    let rows = ContributionKind::ALL.into_iter().map(|kind| {
        let rule = policy.daily_rule(kind);
        let mut of_day: Vec<String> = rule
            .steps
            .iter()
            .map(|step| format!("{} % after {}", step.percent, step.after))
            .collect();
        of_day.extend(rule.at_most.map(|most| format!("at most {most}")));
        vec![
            kind.to_string(),
            points(policy.weight(kind)),
            of_day.join(", "),
        ]
    });
    let columns = [
        ("kind", false),
        ("points", true),
        ("a day and repository", false),
    ];
    println!("Policy {}", policy.version);
    println!("{}", table(&columns, rows));
    println!(
        "Commits and pushes together: at most {} a day and repository.",
        policy.daily_commit_cap
    );
    println!(
        "Lines of merged pull requests: {} added, {} deleted, at most {} per repository and period.",
        points(policy.per_line_added),
        points(policy.per_line_deleted),
        points(policy.lines_cap)
    );
}

/// Thousandths of a point as points.
fn points(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

async fn list_policies(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    let published = known.policies.published();
    if as_json {
        let policies: Vec<Value> = published
            .iter()
            .map(|one| {
                let decided = &one.decided;
                json!({ "group": one.group, "policy": one.policy, "actor": decided.actor,
                        "reason": decided.reason, "decided_at": decided.at })
            })
            .collect();
        println!("{}", json!({ "policies": policies }));
        return Ok(());
    }
    if published.is_empty() {
        println!("No policy was published; the default one, version 1, holds.");
        return Ok(());
    }
    let rows = published.iter().map(|one| {
        let version = one.policy.as_ref().map(|policy| policy.version.to_string());
        let decided = &one.decided;
        vec![
            version.unwrap_or_else(|| "withdrawn".to_owned()),
            one.group.clone().unwrap_or_else(|| "all boards".to_owned()),
            decided.at.format("%Y-%m-%d %H:%M").to_string(),
            decided.actor.clone(),
            decided.reason.clone(),
        ]
    });
    let columns = [
        ("version", true),
        ("for", false),
        ("decided", false),
        ("by", false),
        ("why", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

async fn publish_entered(options: &Options, publish: &PublishPolicy) -> anyhow::Result<()> {
    let entered = entered(publish)?;
    let terms = match publish.again {
        Some(version) => Terms::Version(version),
        None => Terms::Entered(&entered),
    };
    let log = log(options).await?;
    let author = author(&publish.deciding);
    let (policy, decision) = publish_policy(&log, publish.group.as_deref(), terms, &author).await?;
    let said = [
        format!("policy {} holds from now on", policy.version),
        format!("policy {} says the same already", policy.version),
    ];
    let about = json!({ "group": publish.group, "policy": policy });
    tell_decision(publish.deciding.json, decision, about, said);
    Ok(())
}

/// What is to change: the file, and over it what was named one by one.
fn entered(publish: &PublishPolicy) -> anyhow::Result<Value> {
    let mut entered = match &publish.file {
        Some(file) => read_policy(file)?,
        None => json!({}),
    };
    if publish.points.is_empty() {
        if publish.file.is_none() && publish.again.is_none() {
            bail!("say what is to change: a file, --points commit=12, or --again 1");
        }
        return Ok(entered);
    }
    let mut points = Map::new();
    for named in &publish.points {
        let (kind, worth) = named.split_once('=').with_context(|| {
            format!("{named:?} names no worth; use a kind, = and points, such as commit=12.5")
        })?;
        points.insert(kind.to_owned(), json!(worth));
    }
    match entered.get_mut("points").and_then(Value::as_object_mut) {
        Some(before) => before.extend(points),
        None => entered["points"] = Value::Object(points),
    }
    Ok(entered)
}

fn read_policy(file: &Path) -> anyhow::Result<Value> {
    if file == Path::new("-") {
        return serde_json::from_reader(std::io::stdin()).context("the standard input is no JSON");
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    if file
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        return toml::from_str(&text).with_context(|| format!("{} is no TOML", file.display()));
    }
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

async fn withdraw_group(options: &Options, withdraw: &WithdrawPolicy) -> anyhow::Result<()> {
    let log = log(options).await?;
    let decision = withdraw_policy(&log, &withdraw.group, &author(&withdraw.deciding)).await?;
    let said = [
        format!("boards of {} follow the general policy", withdraw.group),
        format!("{} has no policy of its own", withdraw.group),
    ];
    tell_decision(
        withdraw.deciding.json,
        decision,
        json!({ "group": withdraw.group }),
        said,
    );
    Ok(())
}

pub(super) async fn account(options: &Options, account: &Account) -> anyhow::Result<()> {
    match account {
        Account::Classify(classify) => classify_one(options, classify).await,
        Account::Link(link) => link_two(options, link).await,
        Account::Unlink(unlink) => unlink_one(options, unlink).await,
        Account::Affiliate(affiliate) => affiliate_one(options, affiliate).await,
    }
}

/// Who decides, and on what log.
async fn deciding(
    options: &Options,
    deciding: &crate::cli::tracking::Deciding,
) -> anyhow::Result<(EventLog, Author)> {
    Ok((log(options).await?, author(deciding)))
}

/// The account that is meant: by its id, or by a login that the query API
/// knows. With an `@` before it, a login that is not known means whoever is seen
/// under it without an id.
pub(super) async fn meant(options: &Options, text: &str) -> anyhow::Result<AccountReference> {
    let entered = account_entered(text).ok();
    let Some(by_name) = entered.as_ref().filter(|account| account.is_by_name()) else {
        return match entered {
            Some(by_id) => Ok(by_id),
            None => known_as(options, text).await,
        };
    };
    match known_as(options, text.trim_start_matches('@')).await {
        Ok(known) => Ok(known),
        Err(error) => {
            eprintln!("{by_name} means the login itself, not whoever has an id: {error:#}");
            Ok(by_name.clone())
        }
    }
}

/// Whom the query API knows by a login.
async fn known_as(options: &Options, login: &str) -> anyhow::Result<AccountReference> {
    let api = options.api_url()?;
    let found = api_client::get(&api, &["contributors", login], &[]).await?;
    let account = found["contributor"]["account"].as_str();
    let account = account.with_context(|| format!("the query API knows no account of {login}"))?;
    Ok(AccountReference::from_stored(account))
}

async fn classify_one(options: &Options, classify: &Classify) -> anyhow::Result<()> {
    let account = meant(options, &classify.account).await?;
    let (log, author) = deciding(options, &classify.deciding).await?;
    let class = classify.class.decided();
    let shown = class.map_or("what it is taken for".to_owned(), |class| class.to_string());
    let decision = classify_account(&log, &account, class, &author).await?;
    let said = [
        format!("{account} is {shown} from now on"),
        format!("{account} was {shown} already"),
    ];
    tell_decision(
        classify.deciding.json,
        decision,
        json!({ "account": account, "class": class }),
        said,
    );
    Ok(())
}

async fn link_two(options: &Options, link: &Link) -> anyhow::Result<()> {
    let account = meant(options, &link.account).await?;
    let into = meant(options, &link.into).await?;
    let (log, author) = deciding(options, &link.deciding).await?;
    let decision = link_accounts(&log, &account, &into, &author).await?;
    let said = [
        format!("{into} is credited for what {account} did"),
        "they were linked so already".to_owned(),
    ];
    tell_decision(
        link.deciding.json,
        decision,
        json!({ "account": account, "into": into }),
        said,
    );
    Ok(())
}

async fn unlink_one(options: &Options, unlink: &Unlink) -> anyhow::Result<()> {
    // The login of an account that is linked leads to the one it is linked to.
    let Ok(account) = account_entered(&unlink.account) else {
        bail!(
            "{:?} is no account; an account that is linked is named by its id, or @ and its login \
             (the query API lists them under /api/v1/audit)",
            unlink.account
        );
    };
    let (log, author) = deciding(options, &unlink.deciding).await?;
    let decision = unlink_account(&log, &account, &author).await?;
    let said = [
        format!("{account} is credited itself again"),
        format!("{account} was not linked"),
    ];
    tell_decision(
        unlink.deciding.json,
        decision,
        json!({ "account": account }),
        said,
    );
    Ok(())
}

async fn affiliate_one(options: &Options, affiliate: &Affiliate) -> anyhow::Result<()> {
    let account = meant(options, &affiliate.account).await?;
    let affiliations = affiliate.companies.iter().map(|text| affiliation(text));
    let affiliations: Vec<Affiliation> = affiliations.collect::<Result<_, _>>()?;
    let (log, author) = deciding(options, &affiliate.deciding).await?;
    let decision = set_affiliations(&log, &account, affiliations, &author).await?;
    let said = [
        format!("the affiliations of {account} are set"),
        "they were known already".to_owned(),
    ];
    tell_decision(
        affiliate.deciding.json,
        decision,
        json!({ "account": account }),
        said,
    );
    Ok(())
}

/// Reads `company`, or `company:from..until`.
fn affiliation(text: &str) -> anyhow::Result<Affiliation> {
    let Some((company, span)) = text
        .rsplit_once(':')
        .filter(|(_, span)| span.contains(".."))
    else {
        return Ok(Affiliation {
            from: None,
            until: None,
            company: text.to_owned(),
        });
    };
    let (from, until) = span.split_once("..").unwrap_or((span, ""));
    let day = |text: &str| {
        let day = (!text.is_empty()).then(|| text.parse()).transpose();
        day.with_context(|| format!("{text:?} is no day; use one like 2021-06-01"))
    };
    Ok(Affiliation {
        from: day(from)?,
        until: day(until)?,
        company: company.to_owned(),
    })
}

pub(super) async fn class_lists(options: &Options, lists: &ClassLists) -> anyhow::Result<()> {
    match lists {
        ClassLists::Define(define) => define_list(options, define).await,
        ClassLists::List(json) => list_lists(options, json.json).await,
    }
}

async fn define_list(options: &Options, define: &DefineClassList) -> anyhow::Result<()> {
    let class = define.class.decided();
    let class = class.context("a list needs a class: human, bot or agent")?;
    let (log, author) = deciding(options, &define.deciding).await?;
    let logins = &define.logins;
    let decision = define_class_list(&log, &define.list, class, logins, &author).await?;
    let said = [
        format!("list {} has {} logins", define.list, logins.len()),
        format!("list {} was defined so already", define.list),
    ];
    tell_decision(
        define.deciding.json,
        decision,
        json!({ "list": define.list, "class": class, "logins": logins }),
        said,
    );
    Ok(())
}

async fn list_lists(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    if as_json {
        let lists: Vec<Value> = known
            .classes
            .lists()
            .map(|(name, list)| json!({ "list": name, "class": list.class, "logins": list.logins }))
            .collect();
        println!("{}", json!({ "lists": lists }));
        return Ok(());
    }
    let rows = known.classes.lists().map(|(name, list)| {
        let logins: Vec<&str> = list.logins.iter().map(String::as_str).collect();
        vec![name.to_owned(), list.class.to_string(), logins.join(", ")]
    });
    println!(
        "{}",
        table(
            &[("list", false), ("class", false), ("logins", false)],
            rows
        )
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affiliations_are_read_with_and_without_days() {
        let read = |text: &str| affiliation(text).unwrap();
        assert_eq!(read("Octo: The Company").company, "Octo: The Company");
        let dated = read("Hub Ltd.:2021-06-01..");
        assert_eq!(dated.company, "Hub Ltd.");
        assert_eq!(dated.from, "2021-06-01".parse().ok());
        assert_eq!(dated.until, None);
        assert!(affiliation("Hub:yesterday..").is_err());
    }

    #[test]
    fn points_are_shown_as_short_as_they_are() {
        assert_eq!(
            [points(10_000), points(2_500), points(5), points(0)],
            ["10", "2.5", "0.005", "0"]
        );
    }
}
