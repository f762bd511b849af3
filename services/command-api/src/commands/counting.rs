//! What things are worth, who is a person, which accounts are one, and whom
//! people worked for.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use decisions::counting::{
    Terms, account_entered, classify_account, define_class_list, link_accounts, publish_policy,
    set_affiliations, unlink_account, withdraw_policy,
};
use decisions::{Decision, DecisionError};
use domain::{AccountClass, Affiliation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Actor, Commands, Reason, body, reason};
use crate::problem::Problem;

type Answered = Result<Json<Value>, Problem>;

/// A policy: what is to change of the one that holds, or an earlier version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyBody {
    policy: Option<Value>,
    version: Option<u32>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn publish(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    given: Result<Json<PolicyBody>, JsonRejection>,
) -> Answered {
    publish_for(&commands, &actor, None, body(given)?).await
}

pub(super) async fn publish_for_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(group): Path<String>,
    given: Result<Json<PolicyBody>, JsonRejection>,
) -> Answered {
    publish_for(&commands, &actor, Some(&group), body(given)?).await
}

async fn publish_for(
    commands: &Commands,
    actor: &Actor,
    group: Option<&str>,
    given: PolicyBody,
) -> Answered {
    let terms = match (&given.policy, given.version) {
        (Some(entered), None) => Terms::Entered(entered),
        (None, Some(version)) => Terms::Version(version),
        _ => {
            let detail = "give policy, what is to change, or version, one that there was before";
            return Err(Problem::cannot_be_decided(detail));
        }
    };
    let author = commands.author(actor, given.reason.clone());
    let (policy, decision) = publish_policy(&commands.log, group, terms, &author).await?;
    Ok(Json(json!({
        "group": group,
        "policy": policy,
        "changed": decision == Decision::Made,
    })))
}

pub(super) async fn withdraw_for_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(group): Path<String>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Answered {
    let author = commands.author(&actor, reason(given)?);
    let decision = withdraw_policy(&commands.log, &group, &author).await?;
    Ok(Json(
        json!({ "group": group, "changed": decision == Decision::Made }),
    ))
}

/// What an account or a list is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassBody {
    class: AccountClass,
    #[serde(default)]
    logins: Vec<String>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn classify(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(account): Path<String>,
    given: Result<Json<ClassBody>, JsonRejection>,
) -> Answered {
    let given = body(given)?;
    decide_class(&commands, &actor, &account, Some(given.class), given.reason).await
}

pub(super) async fn declassify(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(account): Path<String>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Answered {
    decide_class(&commands, &actor, &account, None, reason(given)?).await
}

async fn decide_class(
    commands: &Commands,
    actor: &Actor,
    account: &str,
    class: Option<AccountClass>,
    reason: String,
) -> Answered {
    let account = account_entered(account)?;
    let author = commands.author(actor, reason);
    let decision = classify_account(&commands.log, &account, class, &author).await?;
    Ok(Json(json!({
        "account": account,
        "class": class,
        "changed": decision == Decision::Made,
    })))
}

pub(super) async fn define_list(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(list): Path<String>,
    given: Result<Json<ClassBody>, JsonRejection>,
) -> Answered {
    let given = body(given)?;
    let author = commands.author(&actor, given.reason);
    let (class, logins) = (given.class, given.logins);
    let decision = define_class_list(&commands.log, &list, class, &logins, &author).await?;
    Ok(Json(json!({
        "list": list,
        "class": class,
        "logins": logins,
        "changed": decision == Decision::Made,
    })))
}

pub(super) async fn remove_list(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(list): Path<String>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Answered {
    let author = commands.author(&actor, reason(given)?);
    let class = AccountClass::default();
    let decision = define_class_list(&commands.log, &list, class, &[], &author).await?;
    Ok(Json(
        json!({ "list": list, "changed": decision == Decision::Made }),
    ))
}

/// Which account gets the credit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkBody {
    into: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn link(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(account): Path<String>,
    given: Result<Json<LinkBody>, JsonRejection>,
) -> Answered {
    let given = body(given)?;
    let (account, into) = (account_entered(&account)?, account_entered(&given.into)?);
    let author = commands.author(&actor, given.reason);
    let decision = link_accounts(&commands.log, &account, &into, &author).await?;
    Ok(Json(json!({
        "account": account,
        "into": into,
        "changed": decision == Decision::Made,
    })))
}

pub(super) async fn unlink(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(account): Path<String>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Answered {
    let account = account_entered(&account)?;
    let author = commands.author(&actor, reason(given)?);
    let decision = unlink_account(&commands.log, &account, &author).await?;
    Ok(Json(
        json!({ "account": account, "changed": decision == Decision::Made }),
    ))
}

/// Whom an account worked for, all its life.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AffiliationsBody {
    affiliations: Vec<Affiliation>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn affiliate(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(account): Path<String>,
    given: Result<Json<AffiliationsBody>, JsonRejection>,
) -> Answered {
    let given = body(given)?;
    let account = account_entered(&account)?;
    let author = commands.author(&actor, given.reason);
    let decision = set_affiliations(&commands.log, &account, given.affiliations, &author);
    let decision = decision.await?;
    Ok(Json(
        json!({ "account": account, "changed": decision == Decision::Made }),
    ))
}

impl Problem {
    pub(super) fn cannot_be_decided(detail: &str) -> Self {
        let status = axum::http::StatusCode::BAD_REQUEST;
        Self::new(status, "This cannot be decided", detail)
    }

    /// With every fault of a policy by itself, for whoever shows them beside
    /// the fields.
    pub(super) fn with_faults(self, error: &DecisionError) -> Self {
        let DecisionError::Policy(faults) = error else {
            return self;
        };
        let faults = faults.0.iter();
        let faults = faults.map(|fault| json!({ "field": fault.field, "problem": fault.problem }));
        Self {
            faults: faults.collect(),
            ..self
        }
    }
}
