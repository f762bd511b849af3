//! The ways to a whole board as a file, and to the same as JSON.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::files::FileForm;
use crate::handlers::board_files::BOARD_FILES;
use crate::page::choices::Chosen;

/// A file, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileLink {
    pub(super) name: &'static str,
    pub(super) address: String,
}

/// The files of a board whose JSON is at an address.
pub(super) fn file_links(json: &Chosen<'_>, as_of: Option<DateTime<Utc>>) -> Vec<FileLink> {
    let named = FileForm::ALL.into_iter().zip(BOARD_FILES);
    let link = |(form, file): (FileForm, &str)| {
        let path = format!("{}/{file}", json.path);
        let of_file = Chosen {
            path: &path,
            ..json.clone()
        };
        FileLink {
            name: form.name(),
            address: known_at(of_file.address(), as_of),
        }
    };
    named.map(link).collect()
}

/// An address, of what was known at an instant.
pub(super) fn known_at(mut address: String, as_of: Option<DateTime<Utc>>) -> String {
    if let Some(as_of) = as_of {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str("as_of=");
        address.push_str(&as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    }
    address
}

#[cfg(test)]
mod tests {
    use domain::{ClassFilter, Metric};

    use super::*;

    #[test]
    fn files_are_of_the_board_that_is_shown() {
        let json = Chosen {
            path: "/api/v1/leaderboards/global",
            period: "2016".parse().unwrap(),
            metric: Metric::Score,
            class: Some(ClassFilter::Bot),
            company: Some("Octo & Co."),
        };
        let addresses = |as_of| -> Vec<String> {
            let links = file_links(&json, as_of).into_iter();
            links.map(|link| link.address).collect()
        };
        let csv =
            "/api/v1/leaderboards/global/board.csv?company=Octo%20%26%20Co.&period=2016&class=bot";
        assert_eq!(addresses(None)[0], csv);
        let instant = "2026-03-01T00:00:00.5Z".parse().unwrap();
        let then = &addresses(Some(instant))[2];
        let ending = "board.parquet?company=Octo%20%26%20Co.&period=2016&class=bot\
                      &as_of=2026-03-01T00:00:00.500Z";
        assert!(then.ends_with(ending), "{then}");
        let plain = known_at("/".to_owned(), Some(instant));
        assert_eq!(plain, "/?as_of=2026-03-01T00:00:00.500Z");
    }
}
