use chrono::DateTime;
use domain::{AccountReference, CompanyKey, CompanyStanding, Standing};
use uuid::Uuid;

use super::*;

#[test]
fn cursors_read_back() {
    let standing = Standing {
        contributor: AccountReference::from_login("a:b"),
        value: 12,
        merged: 3,
        reviews: 0,
    };
    assert_eq!(
        Standing::decode(&standing.encode()).unwrap(),
        Some(standing)
    );
    let unit = UnitCursor {
        unit: "2016-01-01-15".into(),
        source: "archive".into(),
    };
    assert_eq!(UnitCursor::decode(&unit.encode()).unwrap(), Some(unit));
    let instant = InstantCursor {
        at: DateTime::from_timestamp_micros(1_451_606_400_000_001).unwrap(),
        id: Uuid::from_u128(7),
    };
    assert_eq!(
        InstantCursor::decode(&instant.encode()).unwrap(),
        Some(instant)
    );
    let company = CompanyStanding {
        company: CompanyKey::of("Öcto \u{65e5}"),
        value: 12,
        merged: 3,
        reviews: 0,
    };
    assert_eq!(
        CompanyStanding::decode(&company.encode()).unwrap(),
        Some(company)
    );
    assert_eq!(Standing::decode("").unwrap(), None);
}

/// That what is read is read the same again, and all else is refused by name.
fn assert_read<C: Cursor + PartialEq + std::fmt::Debug>(given: &str) -> bool {
    match C::decode(given) {
        Ok(None) => assert_eq!(given, ""),
        Ok(Some(cursor)) => {
            let parts = cursor.parts();
            assert!(parts.iter().all(|part| !part.contains('\0')), "{parts:?}");
            assert_eq!(C::decode(&cursor.encode()).unwrap(), Some(cursor));
            return true;
        }
        Err(problem) => assert_eq!(problem.parameter.as_deref(), Some("cursor")),
    }
    false
}

#[test]
fn whatever_is_given_is_read_as_one_place_or_refused() {
    let texts = [
        "board\u{1f}12\u{1f}3\u{1f}0\u{1f}@a:b",
        "companies\u{1f}-12\u{1f}3\u{1f}0\u{1f}octo",
        "named-instant\u{1f}1451606400000001\u{1f}2016-01-01-15",
        "instant\u{1f}1451606400000001\u{1f}00000000-0000-0000-0000-000000000007",
        "unit\u{1f}2016-01-01-15\u{1f}archive",
        "hole\u{1f}1451606400000001\u{1f}archive\u{1f}octo/hello\u{1f}Unknown",
        "repository\u{1f}octo/hello\u{1f}@octo/hello",
        "group\u{1f}web",
    ];
    let seeds = fuzz::Seeds::these(texts);
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
            let read = [
                assert_read::<Standing>(&given),
                assert_read::<CompanyStanding>(&given),
                assert_read::<NamedInstantCursor>(&given),
                assert_read::<InstantCursor>(&given),
                assert_read::<UnitCursor>(&given),
                assert_read::<HoleCursor>(&given),
                assert_read::<RepositoryCursor>(&given),
                assert_read::<GroupCursor>(&given),
            ];
            let lists = read.iter().filter(|read| **read).count();
            assert!(lists <= 1, "{given} is a place of {lists} lists");
        });
}

#[test]
fn anything_else_is_refused_by_name() {
    let other = UnitCursor {
        unit: "u".into(),
        source: "s".into(),
    };
    for bad in ["x", "zz", "626f", "é", "0", &other.encode()] {
        let problem = Standing::decode(bad).unwrap_err();
        assert_eq!(problem.parameter.as_deref(), Some("cursor"), "{bad}");
    }
}

#[test]
fn a_nul_hidden_in_a_cursor_does_not_reach_the_database() {
    let hidden = to_hexadecimal("unit\u{1f}a\0b\u{1f}s".as_bytes());
    assert!(UnitCursor::decode(&hidden).is_err());
    let hidden = to_hexadecimal("companies\u{1f}1\u{1f}0\u{1f}0\u{1f}\0octo".as_bytes());
    assert!(CompanyStanding::decode(&hidden).is_err());
}
