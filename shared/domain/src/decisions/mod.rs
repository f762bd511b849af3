//! What people decided about counting: what things are worth, which accounts
//! are one person, who is no person, and whom people worked for. The latest
//! decision about a thing counts, in the order of the log; undoing one is
//! another.

mod affiliations;
mod classes;
mod links;
mod policies;
mod words;

pub use affiliations::{
    Affiliation, AffiliationFault, Affiliations, CompanyKey, Employment, check_affiliations,
};
pub use classes::{ClassDecisions, ClassList};
pub use links::{AccountLinks, LinkFault};
pub use policies::{Policies, PublishedPolicy};
pub use words::{WordsFault, check_words};

use crate::{AccountClass, AccountReference};

/// Everything that was decided about counting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// What things are worth.
    pub policies: Policies,
    /// Who is a person, a bot or an agent.
    pub classes: ClassDecisions,
    /// Which accounts are one person.
    pub links: AccountLinks,
    /// Whom people worked for.
    pub affiliations: Affiliations,
}

impl Decisions {
    /// The class of an account: the decision about it, else the lists it is on
    /// by any login it has borne, else what it is taken for without decisions.
    #[must_use]
    pub fn class<'a>(
        &self,
        account: &AccountReference,
        logins: impl IntoIterator<Item = &'a str>,
        derived: AccountClass,
    ) -> AccountClass {
        let decided = self.classes.of(account);
        decided
            .or_else(|| self.classes.listed(logins))
            .unwrap_or(derived)
    }
}
