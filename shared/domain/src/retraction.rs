//! Taking contributions back, and giving them back: whether one counts at all.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{Knowledge, canonical_form};

/// Namespace of the ids of such decisions.
const NAMESPACE: Uuid = Uuid::from_u128(0x8b0f_62c4_91d7_5e3a_b6a2_0c7d_45f1_9e83);

/// A decision that a contribution counts no more, or that it counts again.
///
/// The contribution is the one that the key leads to under what is known: what
/// was decided of it under a name holds under the id that the name stands for.
/// Of several decisions about one the greatest holds: the latest, and of those
/// of the same instant one that takes it back. So the order in which they
/// arrive does not matter, and neither does repetition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Retraction {
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Whether it counts no more from then on; else it counts again.
    pub retracted: bool,
    /// The semantic key, under any reference it was ever known by.
    pub key: String,
    /// Who decided; empty where that was not written down.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
}

impl Retraction {
    /// The decision's id: the same decision, however often it is told, has one.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let at = self.decided_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let sign = if self.retracted { "-" } else { "+" };
        let said = [&at, sign, &self.key, &self.actor, &self.reason];
        Uuid::new_v5(&NAMESPACE, said.join("\0").as_bytes())
    }

    /// The semantic key of the contribution under canonical references.
    #[must_use]
    pub fn canonical_key(&self, knowledge: &impl Knowledge) -> String {
        canonical_form(&self.key, knowledge)
    }
}
