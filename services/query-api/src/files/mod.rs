//! Answers that are files: whole lists, written while they are sent, so that
//! no more of one is in memory than is on its way.

mod columns;
mod form;
mod row;
mod table;
mod writer;
mod writing;

pub(crate) use form::{FileForm, PARQUET};
pub(crate) use row::{Cell, Column, Row, Sort};
pub(crate) use writing::{Rows, place_of_file, send};

use axum::http::HeaderValue;

/// Names a file in the header `Content-Disposition`.
pub(crate) fn disposition(name: &str, form: FileForm) -> HeaderValue {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let plain: String = name.chars().filter(is_plain).take(120).collect();
    let name = format!("attachment; filename=\"{plain}.{}\"", form.extension());
    // Letters and digits are always a header's value.
    HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        let name = disposition("../a\"b\r\nü/c", FileForm::Csv);
        assert_eq!(name, "attachment; filename=\"..abc.csv\"");
    }
}
