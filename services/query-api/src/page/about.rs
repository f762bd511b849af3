//! How it is counted: the policy in words.

use std::sync::Arc;

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{ContributionKind, Policy};

use super::bar::colour_of;
use super::words::kind_words;
use super::{Layout, render};
use crate::handlers::SharedApi;
use crate::points::short;
use crate::problem::Problem;
use crate::resources::explanation::daily_text;

/// What a kind is worth.
struct Worth {
    name: &'static str,
    kind: &'static str,
    colour: &'static str,
    points: String,
    /// What several of a day come to, in words.
    daily: Option<String>,
}

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    layout: Layout,
    policy_version: u32,
    is_known: bool,
    scored: Vec<Worth>,
    unscored: Vec<Worth>,
    per_line_added: String,
    per_line_deleted: String,
    lines_cap: String,
    daily_commit_cap: i64,
}

/// The rules can be read while the data cannot. Where nobody could be asked
/// which policy holds, it is said that this one does until another is published.
pub(crate) async fn show_about(api: SharedApi) -> Result<Response, Problem> {
    let description = "What every kind of contribution is worth, who is credited, \
                       and how ranks are given.";
    let mut layout = Layout::new(&api, "How it is counted", description);
    layout.active = "about";
    let (policies, is_known) = match api.snapshot().await {
        Ok(snapshot) => (Arc::clone(snapshot.policies()), true),
        Err(_) => match api.generation().policies() {
            Some(policies) => (policies, true),
            None => (Arc::default(), false),
        },
    };
    let page = about_page(layout, policies.general(), is_known);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, render(&page)?).into_response())
}

fn about_page(layout: Layout, policy: &Policy, is_known: bool) -> AboutPage {
    let mut kinds = ContributionKind::ALL;
    kinds.sort_by_key(|kind| std::cmp::Reverse(policy.weight(*kind)));
    let (scored, unscored) = kinds
        .into_iter()
        .partition::<Vec<_>, _>(|kind| policy.weight(*kind) > 0);
    let worth = |kinds: Vec<ContributionKind>| -> Vec<Worth> {
        kinds
            .into_iter()
            .map(|kind| Worth {
                name: kind_words(kind),
                kind: kind.as_str(),
                colour: colour_of(kind),
                points: short(policy.weight(kind)),
                daily: daily_text(policy.daily_rule(kind)),
            })
            .collect()
    };
    AboutPage {
        layout,
        policy_version: policy.version,
        is_known,
        scored: worth(scored),
        unscored: worth(unscored),
        per_line_added: short(policy.per_line_added),
        per_line_deleted: short(policy.per_line_deleted),
        lines_cap: short(policy.lines_cap),
        daily_commit_cap: policy.daily_commit_cap,
    }
}
