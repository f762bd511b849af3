//! What differs between two snapshots of a board, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde_json::Value;

use super::{Snapshot, SnapshotRow};
use crate::AccountReference;

/// What differs between an earlier and a later snapshot of one board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What they were computed from, as far as it differs.
    pub causes: Vec<Cause>,
    /// What they say of the coverage, as far as it differs.
    pub coverage: Vec<String>,
    /// What they say of the board, as far as it differs.
    pub rows: Vec<String>,
}

/// Something that two snapshots were computed from, and that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The log went on, or the other is of an earlier place.
    Log {
        /// The sequence of the earlier.
        from: u64,
        /// The sequence of the later.
        to: u64,
    },
    /// Up to the same place, the log holds other messages than before.
    OtherMessages {
        /// The place.
        sequence: u64,
    },
    /// A projection that the board hangs on went on.
    Projection {
        /// Its name.
        name: String,
        /// How far it was.
        from: u64,
        /// How far it is.
        to: u64,
    },
    /// The policy is another.
    Policy {
        /// The version it had.
        from: u32,
        /// The version it has.
        to: u32,
    },
    /// The board is about other repositories.
    Repositories,
    /// It was computed by another version of the program.
    Program {
        /// The version.
        from: String,
        /// The other.
        to: String,
    },
}

impl Comparison {
    /// Whether both say the same of the board.
    #[must_use]
    pub fn is_same_board(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the board is the same, or there is a reason why it is not.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.rows.is_empty() || !self.causes.is_empty()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { from, to } => {
                write!(
                    out,
                    "the log was read to sequence {from} then, and is to {to} now"
                )
            }
            Self::OtherMessages { sequence } => write!(
                out,
                "the log holds other messages up to sequence {sequence} than it did: \
                 some were taken away, or it is another log"
            ),
            Self::Projection { name, from, to } => {
                write!(
                    out,
                    "the projection {name} was at sequence {from} then, and is at {to} now"
                )
            }
            Self::Policy { from, to } if from == to => {
                write!(out, "the policy is another, under the same version {to}")
            }
            Self::Policy { from, to } => {
                write!(
                    out,
                    "the policy was version {from} then, and is version {to} now"
                )
            }
            Self::Repositories => out.write_str("the board is about other repositories"),
            Self::Program { from, to } => {
                write!(
                    out,
                    "version {from} of the program made it, and version {to} runs now"
                )
            }
        }
    }
}

/// Compares two snapshots of one board.
#[must_use]
pub fn compare(then: &Snapshot, now: &Snapshot) -> Comparison {
    Comparison {
        causes: causes(then, now),
        coverage: coverage(then, now),
        rows: rows(then, now),
    }
}

fn causes(then: &Snapshot, now: &Snapshot) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (from, to) = (&then.inputs, &now.inputs);
    if from.sequence != to.sequence {
        causes.push(Cause::Log {
            from: from.sequence,
            to: to.sequence,
        });
    } else if from.first == to.first && from.digest != to.digest {
        causes.push(Cause::OtherMessages {
            sequence: to.sequence,
        });
    }
    let names: BTreeSet<&String> = from
        .projections
        .keys()
        .chain(to.projections.keys())
        .collect();
    let at = |places: &BTreeMap<String, u64>, name| places.get(name).copied().unwrap_or(0);
    for name in names {
        let (from, to) = (at(&from.projections, name), at(&to.projections, name));
        if from != to {
            let name = name.clone();
            causes.push(Cause::Projection { name, from, to });
        }
    }
    if then.policy != now.policy {
        causes.push(Cause::Policy {
            from: then.policy.version,
            to: now.policy.version,
        });
    }
    if then.board.scope != now.board.scope {
        causes.push(Cause::Repositories);
    }
    if then.made_by != now.made_by {
        causes.push(Cause::Program {
            from: then.made_by.version.clone(),
            to: now.made_by.version.clone(),
        });
    }
    causes
}

fn coverage(then: &Snapshot, now: &Snapshot) -> Vec<String> {
    let names: BTreeSet<&String> = then.coverage.keys().chain(now.coverage.keys()).collect();
    let differing = names.into_iter().filter_map(|name| {
        let (from, to) = (then.coverage.get(name), now.coverage.get(name));
        let shown = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
        (from != to).then(|| format!("{name}: {} then, {} now", shown(from), shown(to)))
    });
    differing.collect()
}

fn rows(then: &Snapshot, now: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    if then.members != now.members {
        let (from, to) = (then.members, now.members);
        found.push(format!("{from} members then, {to} now"));
    }
    let by_account = |snapshot: &Snapshot| -> HashMap<AccountReference, SnapshotRow> {
        let rows = snapshot.rows.iter().cloned();
        rows.map(|row| (row.account.clone(), row)).collect()
    };
    let (before, after) = (by_account(then), by_account(now));
    for row in &now.rows {
        match before.get(&row.account) {
            None => found.push(format!("{} came in at rank {}", named(row), row.rank)),
            Some(old) => found.extend(changed(old, row)),
        }
    }
    let gone = then
        .rows
        .iter()
        .filter(|row| !after.contains_key(&row.account));
    found.extend(gone.map(|row| format!("{} went from rank {}", named(row), row.rank)));
    found
}

fn named(row: &SnapshotRow) -> String {
    format!("{} ({})", row.login, row.account)
}

/// What is another about a row, in one line.
fn changed(then: &SnapshotRow, now: &SnapshotRow) -> Option<String> {
    let mut parts = Vec::new();
    let mut part = |name: &str, from: &dyn fmt::Display, to: &dyn fmt::Display| {
        let (from, to) = (from.to_string(), to.to_string());
        if from != to {
            parts.push(format!("{name} {from} then, {to} now"));
        }
    };
    part("rank", &then.rank, &now.rank);
    part("login", &then.login, &now.login);
    part("class", &then.class, &now.class);
    part("value", &then.value, &now.value);
    part("score", &then.score_thousandths, &now.score_thousandths);
    let kinds: BTreeSet<_> = then.counts.keys().chain(now.counts.keys()).collect();
    for kind in kinds {
        part(kind.as_str(), &then.count(*kind), &now.count(*kind));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", named(now), parts.join(", ")))
}
