//! An explanation as a table.

use std::io::Error;

use super::ExplainedResource;
use crate::files::{Cell, Column, Row, Sort};

impl Row for ExplainedResource {
    fn columns() -> Vec<Column> {
        use Sort::{Flag, Instant, Number, Points, Text};
        vec![
            Column::of("id", Text),
            Column::of("occurred_at", Instant),
            Column::of("kind", Text),
            Column::of("repository", Text),
            Column::of("points", Points),
            Column::of("points_thousandths", Number),
            Column::of("line_points_thousandths", Number),
            Column::of("running_thousandths", Number),
            Column::of("capped", Flag),
            Column::of("rule", Text),
            Column::of("quantity", Number),
            Column::optional("stated_quantity", Number),
            Column::optional("additions", Number),
            Column::optional("deletions", Number),
            Column::of("basis", Text),
            Column::optional("sequence", Number),
            Column::optional("recorded_at", Instant),
            Column::of("semantic_key", Text),
            Column::of("github_url", Text),
            Column::of("sources", Text),
        ]
    }

    /// Where it was seen is JSON: there may be several places.
    fn cells(&self) -> Result<Vec<Cell<'_>>, Error> {
        Ok(vec![
            Cell::word(self.id.to_string()),
            Cell::Instant(self.occurred_at),
            Cell::word(self.kind.as_str()),
            Cell::Name(&self.repository),
            Cell::Points(self.points_thousandths),
            Cell::Number(self.points_thousandths),
            Cell::Number(self.line_points_thousandths),
            Cell::Number(self.running_thousandths),
            Cell::Flag(self.capped),
            Cell::word(&self.rule),
            Cell::number(Some(self.quantity)),
            Cell::number(self.stated_quantity),
            Cell::number(self.additions),
            Cell::number(self.deletions),
            Cell::word(&self.basis),
            Cell::number(self.sequence),
            self.recorded_at.map_or(Cell::Nothing, Cell::Instant),
            Cell::Name(&self.semantic_key),
            Cell::word(&self.github_url),
            Cell::word(serde_json::to_string(&self.sources)?),
        ])
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::resources::explanation::SourceResource;

    fn contribution() -> ExplainedResource {
        ExplainedResource {
            id: Uuid::nil(),
            occurred_at: chrono::DateTime::UNIX_EPOCH,
            kind: domain::ContributionKind::Commit,
            repository: "=a/b".to_owned(),
            rule: "10 points per commit, \"at most\" 30 a day".to_owned(),
            points: "10.000".to_owned(),
            points_thousandths: 10_000,
            line_points_thousandths: 0,
            running_thousandths: 20_000,
            capped: false,
            quantity: 1,
            stated_quantity: None,
            additions: None,
            deletions: Some(3),
            basis: "author".to_owned(),
            sources: vec![SourceResource {
                source: domain::Source::Archive,
                reference: "2016-01-01-15.json.gz:12,\n".to_owned(),
                sequence: 5,
                recorded_at: chrono::DateTime::UNIX_EPOCH,
            }],
            sequence: Some(5),
            recorded_at: None,
            semantic_key: "commit:1:aa".to_owned(),
            github_url: "https://github.com/a/b/commit/aa".to_owned(),
        }
    }

    #[test]
    fn every_column_has_its_cell() {
        let contribution = contribution();
        let cells = contribution.cells().unwrap();
        let columns = ExplainedResource::columns();
        assert_eq!(cells.len(), columns.len());
        let cell = |name: &str| {
            let place = columns.iter().position(|column| column.name == name);
            cells[place.unwrap()].clone()
        };
        assert_eq!(cell("rule"), Cell::word(contribution.rule.as_str()));
        assert_eq!(cell("repository"), Cell::Name("=a/b"));
        assert_eq!(cell("additions"), Cell::Nothing, "unknown is not zero");
        assert_eq!(cell("deletions"), Cell::Number(3));
        assert_eq!(cell("points"), Cell::Points(10_000));
        let Cell::Word(sources) = cell("sources") else {
            panic!("sources are JSON");
        };
        let sources: serde_json::Value = serde_json::from_str(&sources).unwrap();
        assert_eq!(sources[0]["reference"], "2016-01-01-15.json.gz:12,\n");
    }
}
