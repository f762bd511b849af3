use chrono::DateTime;
use domain::{AccountReference, CompanyKey, CompanyStanding, Standing};
use uuid::Uuid;

use super::*;
use crate::resources::audit::Audit;
use crate::resources::coverage::{Coverage, CoverageHoles};
use crate::resources::dead_letter::DeadLetters;
use crate::resources::dispute::Disputes;
use crate::resources::explanation::Explanation;
use crate::resources::groups::Groups;
use crate::resources::jobs::Jobs;
use crate::resources::leaderboard::{CompanyLeaderboard, Leaderboard};
use crate::resources::repositories::Repositories;

fn assert_read_back<L: List<Place: PartialEq + std::fmt::Debug>>(place: L::Place) {
    let given = L::cursor_after(&place);
    assert_eq!(L::read_cursor(&given).unwrap(), Some(place));
}

#[test]
fn cursors_read_back() {
    let standing = Standing {
        contributor: AccountReference::from_login("a:b"),
        value: 12,
        merged: 3,
        reviews: 0,
    };
    assert_read_back::<Leaderboard>(standing);
    let unit = UnitCursor {
        hour: "2016-01-01-09".into(),
        source: "archive".into(),
        unit: "2016-01-01-9.json.gz".into(),
    };
    assert_read_back::<Coverage>(unit);
    let instant = InstantCursor {
        at: DateTime::from_timestamp_micros(1_451_606_400_000_001).unwrap(),
        id: Uuid::from_u128(7),
    };
    assert_read_back::<Jobs>(instant);
    let company = CompanyStanding {
        company: CompanyKey::of("Öcto \u{65e5}"),
        value: 12,
        merged: 3,
        reviews: 0,
    };
    assert_read_back::<CompanyLeaderboard>(company);
    assert_eq!(Leaderboard::read_cursor("").unwrap(), None);
}

/// That what is read is read the same again, and all else is refused by name.
fn assert_read<L: List<Place: PartialEq + std::fmt::Debug>>(given: &str) -> bool {
    match L::read_cursor(given) {
        Ok(None) => assert_eq!(given, ""),
        Ok(Some(place)) => {
            let parts = place.parts();
            assert!(parts.iter().all(|part| !part.contains('\0')), "{parts:?}");
            assert_read_back::<L>(place);
            return true;
        }
        Err(problem) => assert_eq!(problem.parameter.as_deref(), Some("cursor")),
    }
    false
}

/// How many lists take it for a place of theirs.
fn lists_that_read(given: &str) -> usize {
    let read = [
        assert_read::<Audit>(given),
        assert_read::<CompanyLeaderboard>(given),
        assert_read::<Coverage>(given),
        assert_read::<CoverageHoles>(given),
        assert_read::<DeadLetters>(given),
        assert_read::<Disputes>(given),
        assert_read::<Explanation>(given),
        assert_read::<Groups>(given),
        assert_read::<Jobs>(given),
        assert_read::<Leaderboard>(given),
        assert_read::<Repositories>(given),
    ];
    read.into_iter().filter(|read| *read).count()
}

const INSTANT: &str = "\u{1f}1451606400000001\u{1f}00000000-0000-0000-0000-000000000007";

/// A place of each list.
fn places() -> Vec<String> {
    let mut places: Vec<String> = [
        "audit\u{1f}1451606400000001\u{1f}2016-01-01-15",
        "companies\u{1f}-12\u{1f}3\u{1f}0\u{1f}octo",
        "unit\u{1f}2016-01-01-15\u{1f}archive\u{1f}2016-01-01-15.json.gz",
        "hole\u{1f}1451606400000001\u{1f}archive\u{1f}octo/hello\u{1f}Unknown",
        "group\u{1f}web",
        "board\u{1f}12\u{1f}3\u{1f}0\u{1f}@a:b",
        "repository\u{1f}octo/hello\u{1f}@octo/hello",
    ]
    .map(str::to_owned)
    .into();
    let of_instants = ["dead-letters", "disputes", "explanation", "jobs"];
    places.extend(of_instants.map(|list| format!("{list}{INSTANT}")));
    places
}

#[test]
fn a_place_is_of_one_list_only() {
    let places = places();
    for place in &places {
        let given = to_hexadecimal(place.as_bytes());
        assert_eq!(lists_that_read(&given), 1, "{place:?}");
    }
}

#[test]
fn whatever_is_given_is_read_as_one_place_or_refused() {
    let seeds = fuzz::Seeds::these(places().iter().map(String::as_str));
    bolero::check!()
        .with_type::<(fuzz::Mutation, bool)>()
        .with_iterations(8_000)
        .for_each(|(mutation, as_it_is)| {
            let bytes = mutation.apply(&seeds);
            let given = if *as_it_is {
                String::from_utf8_lossy(&bytes).into_owned()
            } else {
                to_hexadecimal(&bytes)
            };
            let lists = lists_that_read(&given);
            assert!(lists <= 1, "{given} is a place of {lists} lists");
        });
}

#[test]
fn anything_else_is_refused_by_name() {
    let other = UnitCursor {
        hour: "h".into(),
        source: "s".into(),
        unit: "u".into(),
    };
    let other = Coverage::cursor_after(&other);
    for bad in ["x", "zz", "626f", "é", "0", &other] {
        let problem = Leaderboard::read_cursor(bad).unwrap_err();
        assert_eq!(problem.parameter.as_deref(), Some("cursor"), "{bad}");
    }
}

#[test]
fn a_nul_hidden_in_a_cursor_does_not_reach_the_database() {
    let hidden = to_hexadecimal("unit\u{1f}a\0b\u{1f}s\u{1f}u".as_bytes());
    assert!(Coverage::read_cursor(&hidden).is_err());
    let hidden = to_hexadecimal("companies\u{1f}1\u{1f}0\u{1f}0\u{1f}\0octo".as_bytes());
    assert!(CompanyLeaderboard::read_cursor(&hidden).is_err());
}
