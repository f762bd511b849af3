//! A change in words, and in bars to both sides.

use domain::change::ChangeCause;

use crate::addresses::{account_segment, with_query};
use crate::page::words::{class_words, counted, instant_words, period_words};
use crate::points::{number, parts};
use crate::resources::why::{CauseResource, Place, Why};

/// A place on the board at an instant.
pub(super) struct PlaceView {
    pub(super) when: String,
    pub(super) rank: Option<String>,
    pub(super) of: String,
    pub(super) score: (String, String),
    pub(super) policy: u32,
}

/// What something did: points, or places.
pub(super) struct Effect {
    pub(super) name: &'static str,
    /// What that is.
    pub(super) about: &'static str,
    pub(super) shown: (String, String),
    /// `up`, `down` or `same`.
    pub(super) sort: &'static str,
    pub(super) contributions: Option<String>,
    /// Where the bar begins, and how long it is, in thousandths.
    pub(super) start: i64,
    pub(super) length: i64,
}

/// A change in words.
pub(super) struct ChangeView {
    pub(super) scope: String,
    pub(super) headline: String,
    pub(super) before: PlaceView,
    pub(super) after: PlaceView,
    pub(super) causes: Vec<Effect>,
    pub(super) total: (String, String),
    /// What moved the place; nothing where there was or is none.
    pub(super) places: Vec<Effect>,
    /// Where the score is opened into what it is made of now.
    pub(super) explanation: String,
}

impl ChangeView {
    pub(super) fn of(why: Why) -> Self {
        let from = instant_words(why.meta.from);
        let to = match why.meta.to {
            Some(to) => instant_words(to),
            None => "now".to_owned(),
        };
        let scope = match why.meta.scope.name.as_str() {
            "global" => "All repositories".to_owned(),
            name => name.to_owned(),
        };
        let period = why
            .meta
            .period
            .name
            .parse()
            .map_or_else(|_| String::new(), period_words);
        let change = why.after.score_thousandths - why.before.score_thousandths;
        Self {
            scope: format!("{scope} · {period} · {}", class_words(why.meta.class)),
            headline: headline(&why),
            causes: causes(&why.causes),
            total: signed(change),
            places: places(&why),
            explanation: explanation(&why),
            before: place(from, &why.before),
            after: place(to, &why.after),
        }
    }
}

/// The part of the contributor's page that is about the same board.
fn explanation(why: &Why) -> String {
    let unless = |text: &str, usual| {
        if text == usual {
            String::new()
        } else {
            text.to_owned()
        }
    };
    let scope = match why.meta.scope.kind {
        "group" => format!("group:{}", why.meta.scope.name),
        _ => unless(&why.meta.scope.name, "global"),
    };
    let page = format!("/contributors/{}", account_segment(&why.meta.account));
    let period = unless(&why.meta.period.name, "all");
    let address = with_query(&page, &[("scope", &scope), ("period", &period)]);
    format!("{address}#explanation")
}

fn place(when: String, place: &Place) -> PlaceView {
    let as_number = |count: u64| number(i64::try_from(count).unwrap_or(i64::MAX));
    PlaceView {
        when,
        rank: place.rank.map(as_number),
        of: as_number(place.members),
        score: parts(place.score_thousandths),
        policy: place.policy_version,
    }
}

fn headline(why: &Why) -> String {
    let rank = |rank: u64| number(i64::try_from(rank).unwrap_or(i64::MAX));
    match (why.before.rank, why.after.rank, why.movement.places) {
        (Some(before), Some(after), Some(0)) if before == after => {
            format!("Still #{}", rank(after))
        }
        (Some(before), Some(after), Some(places)) => {
            let what = if places > 0 { "gained" } else { "lost" };
            let moved = counted(places.abs(), "place", "places");
            format!("From #{} to #{}: {moved} {what}", rank(before), rank(after))
        }
        (None, Some(after), _) => format!("New on the board, at #{}", rank(after)),
        (Some(before), None, _) => {
            format!("Was #{}, and is not on the board any more", rank(before))
        }
        _ => "On the board at neither instant".to_owned(),
    }
}

/// Points with their sign.
fn signed(thousandths: i64) -> (String, String) {
    let (whole, decimals) = parts(thousandths);
    match thousandths {
        1.. => (format!("+{whole}"), decimals),
        _ => (whole, decimals),
    }
}

fn causes(causes: &[CauseResource]) -> Vec<Effect> {
    let most = causes.iter().map(|one| one.points_thousandths.abs()).max();
    let effect = |one: &CauseResource| {
        let (name, about) = cause_words(one.cause);
        let contributions = i64::try_from(one.contributions).unwrap_or(i64::MAX);
        let contributions = counted(contributions, "contribution", "contributions");
        Effect {
            contributions: (one.contributions > 0).then_some(contributions),
            ..effect(
                name,
                about,
                signed(one.points_thousandths),
                one.points_thousandths,
                most,
            )
        }
    };
    // What was done comes first for readers.
    causes.iter().rev().map(effect).collect()
}

fn places(why: &Why) -> Vec<Effect> {
    let movement = &why.movement;
    let parts = [
        (
            movement.by_own_score,
            "Their own score",
            "what the change of the score alone would have done",
        ),
        (
            movement.by_others,
            "Everybody else",
            "what others did, and what became known of them",
        ),
    ];
    let most = parts
        .iter()
        .filter_map(|(places, ..)| *places)
        .map(i64::abs)
        .max();
    let shown = |places: i64| {
        let sign = if places > 0 { "+" } else { "" };
        (format!("{sign}{}", number(places)), String::new())
    };
    let parts = parts.into_iter().filter_map(|(places, name, about)| {
        let places = places?;
        Some(effect(name, about, shown(places), places, most))
    });
    parts.collect()
}

/// A bar from the middle to the right for what was gained, to the left for
/// what was lost.
fn effect(
    name: &'static str,
    about: &'static str,
    shown: (String, String),
    value: i64,
    most: Option<i64>,
) -> Effect {
    let length = value.abs() * 500 / most.unwrap_or(1).max(1);
    Effect {
        name,
        about,
        shown,
        sort: match value {
            1.. => "up",
            0 => "same",
            _ => "down",
        },
        contributions: None,
        start: if value < 0 { 500 - length } else { 500 },
        length,
    }
}

fn cause_words(cause: ChangeCause) -> (&'static str, &'static str) {
    match cause {
        ChangeCause::Activity => ("Activity", "what was done since"),
        ChangeCause::Backfill => ("Backfill", "what was done before, and became known since"),
        ChangeCause::Correction => ("Correction", "what was known, and is known better"),
        ChangeCause::Identity => (
            "Identity",
            "accounts that were decided to be one person, or no more",
        ),
        ChangeCause::Policy => ("Policy", "things are worth something else"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_go_to_the_side_of_their_sign() {
        let gained = effect("a", "", signed(500), 500, Some(1_000));
        assert_eq!((gained.start, gained.length, gained.sort), (500, 250, "up"));
        let lost = effect("a", "", signed(-1_000), -1_000, Some(1_000));
        assert_eq!((lost.start, lost.length, lost.sort), (0, 500, "down"));
        assert_eq!(effect("a", "", signed(0), 0, None).length, 0);
    }

    #[test]
    fn points_bear_their_sign() {
        assert_eq!(signed(1_500), ("+1".into(), ".500".into()));
        assert_eq!(signed(-1_500), ("−1".into(), ".500".into()));
        assert_eq!(signed(0), ("0".into(), ".000".into()));
    }
}
