//! The fields of a line of the log, or of a span.

use std::collections::BTreeMap;
use std::fmt;

use tracing::field::{Field, Visit};

/// Fields by their names, as text.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) BTreeMap<&'static str, String>);

impl Fields {
    /// What is said by this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds what is not there yet.
    pub(super) fn add(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.0.entry(name).or_insert_with(|| value.clone());
        }
    }

    /// Whether it is as bad as an error is, unless it says how bad it is: low and
    /// medium failures pass, or leave something out.
    pub(super) fn is_severe(&self) -> bool {
        !matches!(self.get("severity"), Some("low" | "medium"))
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
