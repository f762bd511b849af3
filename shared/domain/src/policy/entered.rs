//! A policy as a person enters it: points as decimals, and only what is to
//! change. Every fault is found at once.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{DailyRule, Policy, Step, Thousandths};
use crate::ContributionKind;

/// The most that one contribution may be worth, in thousandths of a point. A
/// score of a billion such contributions is still kept exactly.
pub(super) const GREATEST_WEIGHT: Thousandths = 1_000_000;

/// The most that a line may be worth, and lines together.
pub(super) const GREATEST_LINE: Thousandths = 10_000;
pub(super) const GREATEST_LINES: Thousandths = 1_000_000_000;

/// The greatest number of contributions of a day that a rule may name.
pub(super) const GREATEST_NUMBER: i64 = 1_000_000;

/// The most steps of one kind.
pub(super) const MOST_STEPS: usize = 20;

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// Where: the path of a field, such as `points.commit`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.problem)
    }
}

/// Everything that is wrong with a policy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("this cannot be a policy: {}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PolicyFaults(pub Vec<PolicyFault>);

impl Policy {
    /// This policy with what a person entered changed; what is not named stays.
    ///
    /// ```json
    /// { "points": { "commit": 10, "comment": 2.5 },
    ///   "lines": { "added": 0.01, "deleted": 0.005, "at_most": 500 },
    ///   "commits_a_day": 30,
    ///   "daily": { "comment": { "at_most": 20, "steps": [{ "after": 5, "percent": 50 }] },
    ///              "issue_opened": null } }
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn entered(&self, version: u32, value: &Value) -> Result<Self, PolicyFaults> {
        let mut reader = Reader {
            policy: Self {
                version,
                ..self.clone()
            },
            faults: Vec::new(),
        };
        reader.read(value);
        if reader.faults.is_empty() {
            Ok(reader.policy)
        } else {
            Err(PolicyFaults(reader.faults))
        }
    }
}

struct Reader {
    policy: Policy,
    faults: Vec<PolicyFault>,
}

impl Reader {
    fn fault(&mut self, field: &str, problem: impl Into<String>) {
        self.faults.push(PolicyFault {
            field: field.to_owned(),
            problem: problem.into(),
        });
    }

    fn object<'v>(&mut self, field: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.fault(field, "must be an object");
        }
        object
    }

    fn read(&mut self, value: &Value) {
        let Some(fields) = self.object("policy", value) else {
            return;
        };
        for (field, value) in fields {
            match field.as_str() {
                "points" => self.read_points(value),
                "lines" => self.read_lines(value),
                "commits_a_day" => {
                    if let Some(number) = self.number(field, value) {
                        self.policy.daily_commit_cap = number;
                    }
                }
                "daily" => self.read_daily(value),
                _ => self.fault(field, "is unknown; use points, lines, commits_a_day, daily"),
            }
        }
    }

    fn read_points(&mut self, value: &Value) {
        let Some(points) = self.object("points", value) else {
            return;
        };
        for (kind, value) in points {
            let field = format!("points.{kind}");
            let Some(kind) = self.kind(&field, kind) else {
                continue;
            };
            if let Some(weight) = self.points(&field, value, GREATEST_WEIGHT) {
                self.policy.weights[kind as usize] = weight;
            }
        }
    }

    fn read_lines(&mut self, value: &Value) {
        let Some(lines) = self.object("lines", value) else {
            return;
        };
        for (name, value) in lines {
            let field = format!("lines.{name}");
            let (place, most): (fn(&mut Policy) -> &mut Thousandths, _) = match name.as_str() {
                "added" => (|policy| &mut policy.per_line_added, GREATEST_LINE),
                "deleted" => (|policy| &mut policy.per_line_deleted, GREATEST_LINE),
                "at_most" => (|policy| &mut policy.lines_cap, GREATEST_LINES),
                _ => {
                    self.fault(&field, "is unknown; use added, deleted, at_most");
                    continue;
                }
            };
            if let Some(points) = self.points(&field, value, most) {
                *place(&mut self.policy) = points;
            }
        }
    }

    fn read_daily(&mut self, value: &Value) {
        let Some(rules) = self.object("daily", value) else {
            return;
        };
        for (kind, value) in rules {
            let field = format!("daily.{kind}");
            let Some(kind) = self.kind(&field, kind) else {
                continue;
            };
            if let Some(rule) = self.rule(&field, value) {
                if rule.is_none() {
                    self.policy.daily.remove(&kind);
                } else {
                    self.policy.daily.insert(kind, rule);
                }
            }
        }
    }

    fn rule(&mut self, field: &str, value: &Value) -> Option<DailyRule> {
        if value.is_null() {
            return Some(DailyRule::default());
        }
        let mut rule = DailyRule::default();
        let before = self.faults.len();
        for (name, value) in self.object(field, value)? {
            let field = format!("{field}.{name}");
            match name.as_str() {
                "at_most" => rule.at_most = self.number(&field, value),
                "steps" => rule.steps = self.steps(&field, value),
                _ => self.fault(&field, "is unknown; use at_most, steps"),
            }
        }
        (self.faults.len() == before).then_some(rule)
    }

    fn steps(&mut self, field: &str, value: &Value) -> Vec<Step> {
        let Some(entered) = value.as_array().filter(|steps| steps.len() <= MOST_STEPS) else {
            self.fault(
                field,
                format!("must be a list of at most {MOST_STEPS} steps"),
            );
            return Vec::new();
        };
        let mut steps: Vec<Step> = Vec::new();
        for (place, value) in entered.iter().enumerate() {
            let field = format!("{field}[{place}]");
            let Some(step) = step(value) else {
                self.fault(&field, r#"must be like {"after": 5, "percent": 50}"#);
                continue;
            };
            let before = steps
                .last()
                .map_or((0, 100), |step| (step.after, step.percent));
            if step.after <= before.0 || step.after > GREATEST_NUMBER {
                self.fault(&field, format!("after must be more than {}", before.0));
            }
            if !(0..=before.1).contains(&step.percent) {
                self.fault(
                    &field,
                    format!("percent must be between 0 and {}", before.1),
                );
            }
            steps.push(step);
        }
        steps
    }

    fn kind(&mut self, field: &str, text: &str) -> Option<ContributionKind> {
        match text.parse() {
            Ok(kind) => Some(kind),
            Err(error) => {
                let error: crate::UnknownKind = error;
                self.fault(field, error.to_string());
                None
            }
        }
    }

    fn number(&mut self, field: &str, value: &Value) -> Option<i64> {
        let number = whole(value).filter(|number| (0..=GREATEST_NUMBER).contains(number));
        if number.is_none() {
            self.fault(
                field,
                format!("must be a whole number between 0 and {GREATEST_NUMBER}"),
            );
        }
        number
    }

    fn points(&mut self, field: &str, value: &Value, most: Thousandths) -> Option<Thousandths> {
        let points = match value {
            Value::Number(number) => thousandths(&number.to_string()),
            Value::String(text) => thousandths(text),
            _ => None,
        };
        let points = points.filter(|points| *points <= most);
        if points.is_none() {
            let most = most / 1_000;
            let problem = format!(
                "must be a number of points between 0 and {most} with at most three decimals"
            );
            self.fault(field, problem);
        }
        points
    }
}

/// A whole number, also where it is written as 5.0, which JSON holds for the same.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let text = value.as_f64()?.to_string();
        text.parse().ok()
    })
}

fn step(value: &Value) -> Option<Step> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    Some(Step {
        after: whole(fields.get("after")?)?,
        percent: whole(fields.get("percent")?)?,
    })
}

/// Reads a decimal number that is not negative, exactly.
fn thousandths(text: &str) -> Option<Thousandths> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_decimal = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 3 || !is_decimal(whole) || !is_decimal(fraction) {
        return None;
    }
    let whole: Thousandths = whole.parse().ok()?;
    let fraction: Thousandths = format!("{fraction:0<3}").parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_named_stays() {
        let base = Policy::default();
        let entered = json!({
            "points": { "commit": 2.5, "star": "0.125" },
            "lines": { "at_most": 100 },
            "daily": { "comment": { "at_most": 20, "steps": [{ "after": 5, "percent": 50 }] } },
        });
        let policy = base.entered(2, &entered).unwrap();
        assert_eq!(policy.version, 2);
        assert_eq!(policy.weight(ContributionKind::Commit), 2_500);
        assert_eq!(policy.weight(ContributionKind::Star), 125);
        assert_eq!(policy.weight(ContributionKind::Comment), 3_000);
        assert_eq!(policy.lines_cap, 100_000);
        assert_eq!(
            policy.of_day(ContributionKind::Comment, 30),
            5 * 3_000 + 15 * 1_500
        );
        let without = policy
            .entered(3, &json!({ "daily": { "comment": null } }))
            .unwrap();
        assert!(without.daily_rule(ContributionKind::Comment).is_none());
        assert!(base.says_the_same(&base.entered(9, &json!({})).unwrap()));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let entered = json!({
            "points": { "comit": 1, "push": -1, "star": 0.0001, "fork": 1e9 },
            "lines": { "added": "much", "removed": 1 },
            "commits_a_day": 2.5,
            "daily": { "comment": { "steps": [{ "after": 5, "percent": 50 }, { "after": 5, "percent": 60 }] } },
            "bonus": {},
        });
        let faults = Policy::default().entered(2, &entered).unwrap_err().0;
        let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        let expected = [
            "bonus",
            "commits_a_day",
            "daily.comment.steps[1]",
            "daily.comment.steps[1]",
            "lines.added",
            "lines.removed",
            "points.comit",
            "points.fork",
            "points.push",
            "points.star",
        ];
        assert_eq!(fields, expected);
        assert!(Policy::default().entered(2, &json!([])).is_err());
    }
}
