//! What data costs.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Source;
use domain::budget::{BudgetDefinition, Ceilings, Price, Request, TEBIBYTE, Thresholds};
use query_api::Settings;
use reqwest::StatusCode;
use scraper::budget::{Decision, LedgerLog};
use serde_json::Value;
use uuid::Uuid;

use super::{ESCAPED, SCRIPT, holds, page, page_with};
use crate::world::World;

fn definition(at: DateTime<Utc>) -> BudgetDefinition {
    BudgetDefinition {
        ceilings: Ceilings {
            day: "40".parse().unwrap(),
            month: "50".parse().unwrap(),
            job: "45".parse().unwrap(),
        },
        thresholds: Thresholds::default(),
        price: Price::default(),
        actor: "treasurer".to_owned(),
        reason: SCRIPT.to_owned(),
        defined_at: at,
    }
}

async fn reserve(ledger: &LedgerLog, id: u128, bytes: u64, at: DateTime<Utc>) -> Decision {
    let request = Request {
        reservation: Uuid::from_u128(id),
        job: "read-bigquery".to_owned(),
        source: Source::Bigquery,
        reference: format!("query-{id}{SCRIPT}"),
        repositories: vec!["octo/cat".to_owned(), "octo/dog".to_owned()],
        bytes,
        at,
        expires_at: at + TimeDelta::hours(6),
    };
    ledger.reserve(&request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_are_shown_as_they_are_spent_reserved_and_refused() {
    let now: DateTime<Utc> = "2026-11-16T00:00:00Z".parse().unwrap();
    let world = World::start(&now.to_rfc3339(), Settings::default()).await;
    let nothing = page(&world, "/costs").await;
    holds(
        &nothing,
        &[
            "Nobody said how much may be spent",
            "nothing was in November 2026",
        ],
    );
    assert!(!nothing.contains("class=\"chart\""), "{nothing}");

    let ledger = LedgerLog::new(world.log().clone(), "/tests/pages");
    let first = now - TimeDelta::days(10);
    ledger.define(definition(first)).await.unwrap();
    // A tebibyte of the month is free; the other two cost 6.25 dollars each.
    let Decision::Reserved(spent) = reserve(&ledger, 1, 3 * TEBIBYTE, first).await else {
        panic!("there was room");
    };
    ledger.settle(&spent, 3 * TEBIBYTE, first).await.unwrap();
    let yesterday = now - TimeDelta::hours(3);
    let reserved = reserve(&ledger, 2, TEBIBYTE, yesterday).await;
    assert!(matches!(reserved, Decision::Reserved(_)));
    let refused = reserve(&ledger, 3, 9 * TEBIBYTE, yesterday).await;
    assert!(matches!(refused, Decision::Refused(_)));
    world.project().await;

    let costs = page(&world, "/costs").await;
    holds(
        &costs,
        &[
            // 12.50 spent and 6.25 reserved of 50, half of the month gone.
            "$18.75 of $50.00 is spent or reserved",
            "37 %",
            "title=\"12.50 US dollars\">$12.50",
            "title=\"6.25 US dollars\">$6.25",
            "title=\"37.50 US dollars\">$37.50",
            "class=\"chart\"",
            "6 Nov 2026: Spent, $12.50",
            "15 Nov 2026: Reserved, $6.25",
            "href=\"/repositories/octo/dog\"",
            "BigQuery",
            ESCAPED,
            "Refused",
        ],
    );
    let answer = world.get("/api/v1/budget").await;
    assert_eq!(answer["spent"]["settled_micros"], 12_500_000);
    assert_eq!(answer["forecast_micros"], 37_500_000);
    assert_eq!(answer["refusals"].as_array().map(Vec::len), Some(1));

    let before = page(&world, "/costs?month=2026-10").await;
    holds(
        &before,
        &["October 2026", "nothing was in October", "November 2026 ›"],
    );
    for month in ["2026-1", "x", "2026-13"] {
        let path = format!("/costs?month={month}");
        let told = page_with(&world, &path, StatusCode::BAD_REQUEST).await;
        holds(&told, &["use a UTC month"]);
    }
    assert_eq!(
        answer["by_day"].as_array().map(Vec::len),
        Some(2),
        "{answer}"
    );
    assert_ne!(answer["outstanding"], Value::Null);
}
