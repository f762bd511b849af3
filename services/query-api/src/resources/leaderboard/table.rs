//! Boards as tables.

use std::collections::BTreeMap;
use std::io::Error;

use domain::ContributionKind;

use super::{CompanyEntry, Entry};
use crate::files::{Cell, Column, Row, Sort};

/// A column for each kind of contribution. Merged pull requests and reviews, by
/// which ties are broken, are among them.
fn kinds() -> impl Iterator<Item = Column> {
    ContributionKind::ALL
        .into_iter()
        .map(|kind| Column::of(kind.as_str(), Sort::Number))
}

fn of_kinds<'a>(counts: &BTreeMap<ContributionKind, i64>) -> impl Iterator<Item = Cell<'a>> {
    ContributionKind::ALL
        .into_iter()
        .map(|kind| Cell::Number(counts.get(&kind).copied().unwrap_or(0)))
}

impl Row for Entry {
    fn columns() -> Vec<Column> {
        use Sort::{Number, Points, Text};
        let columns = [
            Column::of("rank", Number),
            Column::optional("previous_rank", Number),
            Column::optional("movement", Number),
            Column::of("login", Text),
            Column::of("account", Text),
            Column::of("class", Text),
            Column::of("value", Number),
            Column::of("score", Points),
            Column::of("score_thousandths", Number),
        ];
        columns.into_iter().chain(kinds()).collect()
    }

    fn cells(&self) -> Result<Vec<Cell<'_>>, Error> {
        let cells = [
            Cell::number(Some(self.rank)),
            Cell::number(self.previous_rank),
            Cell::number(self.movement),
            Cell::Name(&self.login),
            Cell::Name(self.account.as_str()),
            Cell::word(self.class.as_str()),
            Cell::Number(self.value),
            Cell::Points(self.score_thousandths),
            Cell::Number(self.score_thousandths),
        ];
        Ok(cells.into_iter().chain(of_kinds(&self.counts)).collect())
    }
}

impl Row for CompanyEntry {
    fn columns() -> Vec<Column> {
        use Sort::{Number, Points, Text};
        let columns = [
            Column::of("rank", Number),
            Column::optional("previous_rank", Number),
            Column::optional("movement", Number),
            Column::of("company", Text),
            Column::of("contributors", Number),
            Column::of("value", Number),
            Column::of("score", Points),
            Column::of("score_thousandths", Number),
        ];
        columns.into_iter().chain(kinds()).collect()
    }

    fn cells(&self) -> Result<Vec<Cell<'_>>, Error> {
        let cells = [
            Cell::number(Some(self.rank)),
            Cell::number(self.previous_rank),
            Cell::number(self.movement),
            Cell::Name(&self.company),
            Cell::Number(self.contributors),
            Cell::Number(self.value),
            Cell::Points(self.score_thousandths),
            Cell::Number(self.score_thousandths),
        ];
        Ok(cells.into_iter().chain(of_kinds(&self.counts)).collect())
    }
}
