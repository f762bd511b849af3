//! A policy as a form: each thing that can be changed is a field, and what is
//! wrong with it stands there.

use std::collections::BTreeMap;

use domain::{ContributionKind, DailyRule, Policy, PolicyFault, Step, Thousandths};
use serde_json::{Map, Number, Value, json};

use super::slider::Slider;
use crate::page::bar::colour_of;
use crate::page::words::kind_words;
use crate::points::short;

/// Something that can be changed.
pub(super) struct Field {
    /// Its name in the form, and as faults call it: `points.commit`.
    pub(super) name: String,
    pub(super) label: String,
    /// The class of the colour of a kind.
    pub(super) colour: Option<&'static str>,
    /// What is entered, or what holds now.
    pub(super) value: String,
    /// What holds now.
    pub(super) present: String,
    pub(super) changed: bool,
    /// How it can be tried out, where it is a number of its own.
    pub(super) slider: Option<Slider>,
    pub(super) faults: Vec<String>,
}

impl Field {
    /// The id of the field, to lead to.
    pub(super) fn id(&self) -> String {
        self.name.replace('.', "-")
    }
}

/// All that can be changed, in the order in which it is shown.
pub(super) struct PolicyForm {
    /// What kinds are worth now, the dearest first.
    pub(super) points: Vec<Field>,
    /// Kinds that are worth nothing now.
    pub(super) worthless: Vec<Field>,
    /// What lines are worth, and what is capped.
    pub(super) caps: Vec<Field>,
    /// How many of a kind count a day, and what the later ones are worth.
    pub(super) daily: Vec<(Field, Field)>,
    /// What is wrong and belongs to no field.
    pub(super) others: Vec<String>,
}

/// The shortest sliders: of a contribution, of a line, and of all lines.
const LEAST_POINTS: Thousandths = 20_000;
const LEAST_OF_LINE: Thousandths = 20;
const LEAST_OF_LINES: Thousandths = 1_000_000;

/// What pairs of a query string begin with that are about the policy.
const PREFIXES: [&str; 4] = ["points.", "lines.", "commits_a_day", "daily."];

/// What was entered about a policy, by field.
pub(super) fn entered(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    let about_policy = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    pairs
        .iter()
        .filter(|(name, _)| about_policy(name))
        .map(|(name, value)| (name.as_str(), value.trim()))
        .collect()
}

impl PolicyForm {
    /// The form over the policy that holds, with what was entered.
    pub(super) fn of(present: &Policy, entered: &BTreeMap<&str, &str>) -> Self {
        let field = |name: String, label: String, colour, present: String| {
            let given = entered.get(name.as_str()).copied();
            Field {
                value: given.map_or_else(|| present.clone(), str::to_owned),
                changed: given.is_some_and(|given| given != present),
                name,
                label,
                colour,
                present,
                slider: None,
                faults: Vec::new(),
            }
        };
        let mut kinds = ContributionKind::ALL;
        kinds.sort_by_key(|kind| std::cmp::Reverse(present.weight(*kind)));
        let points = |kind: ContributionKind| {
            let (name, label) = (format!("points.{kind}"), kind_words(kind).to_owned());
            let weight = present.weight(kind);
            Field {
                slider: Some(Slider::of_points(weight, LEAST_POINTS)),
                ..field(name, label, Some(colour_of(kind)), short(weight))
            }
        };
        let daily = |kind: ContributionKind| {
            let rule = present.daily_rule(kind);
            let label = kind_words(kind);
            let most = rule
                .at_most
                .map_or_else(String::new, |most| most.to_string());
            let colour = Some(colour_of(kind));
            (
                field(
                    format!("daily.{kind}.at_most"),
                    label.to_owned(),
                    colour,
                    most,
                ),
                field(
                    format!("daily.{kind}.steps"),
                    label.to_owned(),
                    None,
                    steps_text(rule),
                ),
            )
        };
        let cap = |name: &str, label: &str, worth: Thousandths, least: Thousandths| Field {
            slider: Some(Slider::of_points(worth, least)),
            ..field(name.to_owned(), label.to_owned(), None, short(worth))
        };
        let commits = Field {
            slider: Some(Slider::of_count(present.daily_commit_cap)),
            ..field(
                "commits_a_day".to_owned(),
                "Commits and pushes that count, a day and repository".to_owned(),
                None,
                present.daily_commit_cap.to_string(),
            )
        };
        let (worth, worthless): (Vec<_>, Vec<_>) = kinds
            .into_iter()
            .partition(|kind| present.weight(*kind) > 0);
        Self {
            points: worth.into_iter().map(points).collect(),
            worthless: worthless.into_iter().map(points).collect(),
            caps: vec![
                commits,
                cap(
                    "lines.added",
                    "Points of a line added",
                    present.per_line_added,
                    LEAST_OF_LINE,
                ),
                cap(
                    "lines.deleted",
                    "Points of a line deleted",
                    present.per_line_deleted,
                    LEAST_OF_LINE,
                ),
                cap(
                    "lines.at_most",
                    "Points of all lines at most, a repository and period",
                    present.lines_cap,
                    LEAST_OF_LINES,
                ),
            ],
            daily: kinds.into_iter().map(daily).collect(),
            others: Vec::new(),
        }
    }

    /// What is to change of the policy that holds, as `leaderboard policy
    /// publish` takes it. Names that no policy knows are in it too, so that
    /// they are found to be wrong.
    pub(super) fn document(&self, entered: &BTreeMap<&str, &str>) -> Value {
        let mut document = Map::new();
        for (name, value) in entered {
            let known = self.fields().find(|field| field.name == *name);
            if known.is_some_and(|field| !field.changed) {
                continue;
            }
            match name.split_once('.') {
                Some((section @ ("points" | "lines"), member)) => {
                    insert(&mut document, section, member, as_number(value));
                }
                Some(("daily", member)) => {
                    let kind = member.split('.').next().unwrap_or(member);
                    let rule = self.rule(kind).unwrap_or_else(|| json!({ member: value }));
                    insert(&mut document, "daily", kind, rule);
                }
                _ => {
                    document.insert((*name).to_owned(), as_number(value));
                }
            }
        }
        Value::Object(document)
    }

    /// The rule of a kind as the form has it; nothing where both fields are
    /// empty.
    fn rule(&self, kind: &str) -> Option<Value> {
        let name = format!("daily.{kind}.at_most");
        let (most, steps) = self.daily.iter().find(|(most, _)| most.name == name)?;
        let mut rule = Map::new();
        if !most.value.is_empty() {
            rule.insert("at_most".to_owned(), as_number(&most.value));
        }
        if !steps.value.is_empty() {
            let steps = steps.value.split(',').map(|step| step_value(step.trim()));
            rule.insert("steps".to_owned(), steps.collect());
        }
        Some(match rule.is_empty() {
            true => Value::Null,
            false => Value::Object(rule),
        })
    }

    /// Puts each fault where it belongs.
    pub(super) fn blame(&mut self, faults: &[PolicyFault]) {
        for fault in faults {
            // A step is blamed on the field that has all of them.
            let name = fault.field.split('[').next().unwrap_or(&fault.field);
            let problem = match fault.problem.strip_prefix("must be like") {
                Some(_) => "write each step as 5:50, which is 50 % from the sixth on".to_owned(),
                None => fault.problem.clone(),
            };
            let mut found = false;
            for field in self.fields_mut().filter(|field| field.name == name) {
                field.faults.push(problem.clone());
                found = true;
            }
            if !found {
                self.others.push(fault.to_string());
            }
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        let daily = self.daily.iter().flat_map(|(most, steps)| [most, steps]);
        let single = self.points.iter().chain(&self.worthless).chain(&self.caps);
        single.chain(daily)
    }

    fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        let daily = self
            .daily
            .iter_mut()
            .flat_map(|(most, steps)| [most, steps]);
        let single = self.points.iter_mut().chain(&mut self.worthless);
        single.chain(&mut self.caps).chain(daily)
    }

    /// Whether anything of the kinds that are worth nothing is changed.
    pub(super) fn shows_worthless(&self) -> bool {
        self.worthless.iter().any(|field| field.changed)
    }

    /// Whether a rule about a day is changed, or there is one.
    pub(super) fn shows_daily(&self) -> bool {
        let mut fields = self.daily.iter().flat_map(|(most, steps)| [most, steps]);
        fields.any(|field| field.changed || !field.present.is_empty())
    }
}

fn insert(document: &mut Map<String, Value>, section: &str, member: &str, value: Value) {
    let section = document
        .entry(section)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(section) = section.as_object_mut() {
        section.insert(member.to_owned(), value);
    }
}

/// A number as it is written, or the text that is none: the policy says what is
/// wrong with it.
fn as_number(text: &str) -> Value {
    let number: Option<Number> = serde_json::from_str(text).ok();
    number.map_or_else(|| text.into(), Value::Number)
}

/// `5:50` as a step.
fn step_value(text: &str) -> Value {
    let read = || {
        let (after, percent) = text.split_once(':')?;
        let percent = percent.trim().trim_end_matches('%').trim_end();
        let after: i64 = after.trim().parse().ok()?;
        let percent: i64 = percent.parse().ok()?;
        Some(json!({ "after": after, "percent": percent }))
    };
    read().unwrap_or_else(|| text.into())
}

fn steps_text(rule: &DailyRule) -> String {
    let step = |step: &Step| format!("{}:{}", step.after, step.percent);
    let steps: Vec<String> = rule.steps.iter().map(step).collect();
    steps.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(given: &[(&str, &str)]) -> (PolicyForm, Value) {
        let pairs: Vec<(String, String)> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let entered = entered(&pairs);
        let form = PolicyForm::of(&Policy::default(), &entered);
        let document = form.document(&entered);
        (form, document)
    }

    #[test]
    fn only_what_is_changed_is_in_the_document() {
        let (form, document) = form(&[
            ("points.commit", "2.5"),
            ("points.comment", "3"),
            ("lines.at_most", "100"),
            ("commits_a_day", "30"),
            ("daily.comment.at_most", "20"),
            ("daily.comment.steps", "5:50, 10: 25 %"),
            ("daily.commit.at_most", ""),
            ("scope", "rails/rails"),
        ]);
        let expected = json!({
            "points": { "commit": 2.5 },
            "lines": { "at_most": 100 },
            "daily": { "comment": {
                "at_most": 20,
                "steps": [{ "after": 5, "percent": 50 }, { "after": 10, "percent": 25 }],
            } },
        });
        assert_eq!(document, expected);
        assert!(Policy::default().entered(2, &document).is_ok());
        assert!(form.shows_daily() && !form.shows_worthless());
    }

    #[test]
    fn a_rule_that_is_emptied_is_taken_back() {
        let rule = json!({ "daily": { "comment": { "at_most": 20 } } });
        let present = Policy::default().entered(2, &rule).unwrap();
        let pairs = [("daily.comment.at_most".to_owned(), String::new())];
        let entered = entered(&pairs);
        let form = PolicyForm::of(&present, &entered);
        assert_eq!(
            form.document(&entered),
            json!({ "daily": { "comment": null } })
        );
    }

    #[test]
    fn every_fault_stands_at_its_field() {
        let (mut form, document) = form(&[
            ("points.commit", "-1"),
            ("points.comit", "1"),
            ("commits_a_day", "many"),
            ("lines.added", ""),
            ("daily.comment.steps", "5:50, x, 3:90"),
        ]);
        let faults = Policy::default().entered(2, &document).unwrap_err();
        form.blame(&faults.0);
        let at = |name: &str| {
            let field = form.fields().find(|field| field.name == name).unwrap();
            field.faults.len()
        };
        assert_eq!(at("points.commit"), 1);
        assert_eq!(at("commits_a_day"), 1);
        assert_eq!(at("lines.added"), 1);
        assert_eq!(at("daily.comment.steps"), 3);
        assert_eq!(at("points.comment"), 0);
        assert_eq!(form.others.len(), 1, "{:?}", form.others);
    }
}
