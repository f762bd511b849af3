//! `account`: deciding who is who.

use anyhow::{Context, bail};
use decisions::counting::{
    account_entered, classify_account, link_accounts, set_affiliations, unlink_account,
};
use domain::{AccountReference, Affiliation};
use serde_json::json;

use super::tell::tell_decision;
use super::tracking::deciding;
use crate::api_client;
use crate::causes::with_causes;
use crate::cli::Options;
use crate::cli::counting::{Account, Affiliate, Classify, Link, Unlink};

pub(super) async fn account(options: &Options, account: &Account) -> anyhow::Result<()> {
    match account {
        Account::Classify(classify) => classify_one(options, classify).await,
        Account::Link(link) => link_two(options, link).await,
        Account::Unlink(unlink) => unlink_one(options, unlink).await,
        Account::Affiliate(affiliate) => affiliate_one(options, affiliate).await,
    }
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
            let told = with_causes(&error);
            eprintln!("{by_name} means the login itself, not whoever has an id: {told}");
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
}
