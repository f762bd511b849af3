//! What money was spent for.

use std::cmp::Reverse;

use domain::Source;

use crate::addresses::repository_path;
use crate::page::amount::{Amount, bytes_words};
use crate::page::words::source_words;
use crate::points::number;
use crate::resources::budget::SpentShare;

/// What was spent for one thing.
pub(super) struct ShareView {
    pub(super) name: String,
    pub(super) page: Option<String>,
    pub(super) queries: String,
    pub(super) bytes: String,
    pub(super) settled: Amount,
    pub(super) reserved: Amount,
    /// Thousandths of the largest.
    pub(super) length: u64,
}

/// A table of shares.
pub(super) struct ShareTable {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    /// What stands above the names.
    pub(super) of: &'static str,
    pub(super) rows: Vec<ShareView>,
}

pub(super) fn share_tables(
    sources: Vec<SpentShare>,
    repositories: Vec<SpentShare>,
    jobs: Vec<SpentShare>,
) -> Vec<ShareTable> {
    let table = |id, heading, of, rows| ShareTable {
        id,
        heading,
        of,
        rows,
    };
    let source = |name: &str| {
        let known = [
            Source::Archive,
            Source::Api,
            Source::Webhook,
            Source::Bigquery,
        ];
        let known = known.into_iter().find(|source| source.as_str() == name);
        let words = known.map(|source| source_words(source).to_owned());
        (words.unwrap_or_else(|| name.to_owned()), None)
    };
    let repository = |name: &str| match name {
        "all" => ("All repositories at once".to_owned(), None),
        name => {
            let page = format!("/repositories/{}", repository_path(name));
            (name.to_owned(), Some(page))
        }
    };
    let job = |name: &str| {
        let page = format!("/operations?name={name}#jobs");
        (name.to_owned(), Some(page))
    };
    vec![
        table(
            "by-source",
            "By source",
            "Source",
            share_views(sources, source),
        ),
        table(
            "by-repository",
            "By repository",
            "Repository",
            share_views(repositories, repository),
        ),
        table("by-job", "By job", "Job", share_views(jobs, job)),
    ]
}

/// The dearest first.
fn share_views(
    mut shares: Vec<SpentShare>,
    named: impl Fn(&str) -> (String, Option<String>),
) -> Vec<ShareView> {
    let sum = |share: &SpentShare| share.settled_micros.saturating_add(share.reserved_micros);
    shares.sort_by_key(|share| Reverse(sum(share)));
    let most = shares.first().map_or(0, sum).max(1);
    shares
        .into_iter()
        .map(|share| {
            let (name, page) = named(&share.name);
            let length = u128::from(sum(&share)) * 1_000 / u128::from(most);
            ShareView {
                name,
                page,
                queries: number(i64::try_from(share.queries).unwrap_or(i64::MAX)),
                bytes: bytes_words(share.bytes),
                settled: Amount::of(share.settled_micros),
                reserved: Amount::of(share.reserved_micros),
                length: u64::try_from(length).unwrap_or(1_000),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_come_first() {
        let share = |name: &str, settled_micros| SpentShare {
            name: name.to_owned(),
            queries: 1,
            bytes: 1,
            settled_micros,
            reserved_micros: 0,
        };
        let shares = vec![share("a", 1), share("b", 4)];
        let views = share_views(shares, |name| (name.to_owned(), None));
        let told: Vec<(&str, u64)> = views
            .iter()
            .map(|view| (view.name.as_str(), view.length))
            .collect();
        assert_eq!(told, [("b", 1_000), ("a", 250)]);
    }
}
