//! What a person may name to be read.

use scraper::sources::archive::{ArchiveBases, Location, Plan, UnitKind};

use crate::support::{Outcome, now};

#[test]
fn hours_become_the_files_of_the_archives_that_have_them() -> Outcome {
    let locations = |text: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let plan = Plan::parse(text, &ArchiveBases::default(), now())?;
        assert!(
            plan.units
                .iter()
                .all(|unit| unit.kind == UnitKind::ArchiveHour)
        );
        let locations = plan.units.into_iter().flat_map(|unit| unit.locations);
        Ok(locations
            .map(|location: Location| location.to_string())
            .collect())
    };
    assert_eq!(
        locations("2024-09-11T05")?,
        ["https://data.gharchive.org/2024-09-11-5.json.gz"]
    );
    let both = [
        "https://gharchive.open-digger.cn/2026-09-06-0.json.gz",
        "https://data.gharchive.org/2026-09-06-0.json.gz",
    ];
    assert_eq!(locations("2026-09-06T00")?, both);
    assert_eq!(locations("2024-02-28..2024-03-01")?.len(), 3 * 24);
    assert_eq!(locations("2024-12-31T22..2025-01-01T01")?.len(), 4);
    assert_eq!(locations("2024-09-11T23..2024-09-12")?.len(), 25);
    Ok(())
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let refused = |text: &str| {
        let plan = Plan::parse(text, &ArchiveBases::default(), now());
        plan.err().map_or(String::new(), |error| error.to_string())
    };
    let over = "the hour 2026-11-20T12 is not over: it is 2026-11-20T12:30 UTC now";
    assert!(
        refused("2026-11-20T12").starts_with(over),
        "{}",
        refused("2026-11-20T12")
    );
    assert!(refused("2026-11-20").contains("2026-11-20T23 is not over"));
    assert!(refused("2030-01-01").contains("archives hold past hours only"));
    assert_eq!(refused("2026-11-20T11"), "");
    assert!(refused("2024-01-02..2024-01-01").contains("ends (2024-01-01T23) before it begins"));
    assert!(refused("2010-01-01T00").contains("the archives begin at 2011-02-12"));
    assert!(refused("2024-13-01").contains("no file or directory here"));
    assert!(refused("nowhere/*.json.gz").contains("no files of events there"));
    assert!(refused("http://").contains("is no address"));
}
