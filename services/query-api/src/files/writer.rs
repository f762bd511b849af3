//! Rows in one of the forms of files.

use std::io::Error;

use super::FileForm;
use super::columns::Columns;
use super::row::Row;
use super::table::{write_lines, write_names};

/// What writes rows in a form.
pub(super) enum Writer<R> {
    Csv {
        /// Whether the line of names is written.
        begun: bool,
    },
    Ndjson,
    Parquet(Box<Columns<R>>),
}

impl<R: Row> Writer<R> {
    /// Begins a file. Where its form has room for that, it says something of
    /// itself.
    pub(super) fn begin(form: FileForm, about: &[(&'static str, String)]) -> Result<Self, Error> {
        Ok(match form {
            FileForm::Csv => Self::Csv { begun: false },
            FileForm::Ndjson => Self::Ndjson,
            FileForm::Parquet => Self::Parquet(Box::new(Columns::begin(about)?)),
        })
    }

    /// Takes some rows; returns what is ready to be sent.
    pub(super) fn write(&mut self, rows: &[R]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Csv { begun } => {
                let names = match std::mem::replace(begun, true) {
                    true => Vec::new(),
                    false => write_names::<R>()?,
                };
                Ok([names, write_lines(rows)?].concat())
            }
            Self::Ndjson => {
                let mut text = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut text, row)?;
                    text.push(b'\n');
                }
                Ok(text)
            }
            Self::Parquet(columns) => columns.write(rows),
        }
    }

    /// Ends the file; returns the rest of it.
    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        match self {
            // The names of the columns are there even where there are no rows.
            Self::Csv { begun: false } => write_names::<R>(),
            Self::Csv { begun: true } | Self::Ndjson => Ok(Vec::new()),
            Self::Parquet(columns) => columns.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    use serde::Serialize;

    use super::*;
    use crate::files::{Cell, Column, Sort};

    #[derive(Serialize)]
    struct Line {
        number: Option<i64>,
        text: String,
    }

    impl Row for Line {
        fn columns() -> Vec<Column> {
            vec![
                Column::optional("number", Sort::Number),
                Column::of("text", Sort::Text),
                Column::of("points", Sort::Points),
                Column::of("even", Sort::Flag),
            ]
        }

        fn cells(&self) -> Result<Vec<Cell<'_>>, Error> {
            let number = self.number.unwrap_or(0);
            Ok(vec![
                Cell::number(self.number),
                Cell::Word(Cow::Borrowed(&self.text)),
                Cell::Points(number),
                Cell::Flag(number % 2 == 0),
            ])
        }
    }

    fn lines(count: i64) -> Vec<Line> {
        let line = |number| Line {
            number: (number % 3 != 0).then_some(number),
            text: format!("ü, \"{number}\"\n"),
        };
        (0..count).map(line).collect()
    }

    fn file(form: FileForm, lines: &[Line]) -> Vec<u8> {
        let about = [("said", "of itself: ü".to_owned())];
        let mut writer = Writer::begin(form, &about).unwrap();
        let mut file = Vec::new();
        for piece in lines.chunks(500) {
            file.extend(writer.write(piece).unwrap());
        }
        file.extend(writer.finish().unwrap());
        file
    }

    #[test]
    fn tables_have_a_line_of_names_and_read_back() {
        let file = file(FileForm::Csv, &lines(1_201));
        let mut reader = csv::Reader::from_reader(file.as_slice());
        assert_eq!(
            reader.headers().unwrap(),
            ["number", "text", "points", "even"].as_slice()
        );
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 1_201);
        assert_eq!(&rows[1_199][1], "ü, \"1199\"\n");
        assert_eq!(&rows[1_199][2], "1.199");
        assert_eq!(&rows[1_200][0], "", "unknown is not zero");
        let empty = self::file(FileForm::Csv, &[]);
        assert_eq!(empty, b"number,text,points,even\n");
    }

    #[test]
    fn documents_are_one_a_line() {
        let text = file(FileForm::Ndjson, &lines(2));
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 2);
        let read: serde_json::Value = serde_json::from_slice(lines[1]).unwrap();
        assert_eq!(read["number"], 1);
        assert!(file(FileForm::Ndjson, &[]).is_empty());
    }

    #[test]
    fn columns_read_back_however_many_rows_there_are() {
        for count in [0, 1, 45_000] {
            let file = file(FileForm::Parquet, &lines(count));
            let reader = SerializedFileReader::new(axum::body::Bytes::from(file)).unwrap();
            let about = reader.metadata().file_metadata();
            assert_eq!(about.num_rows(), count);
            let said = about.key_value_metadata().unwrap();
            assert_eq!(said[0].value.as_deref(), Some("of itself: ü"));
            let rows = reader.get_row_iter(None).unwrap();
            let mut place = 0;
            for row in rows {
                let row = row.unwrap();
                assert_eq!(row.get_string(1).unwrap(), &format!("ü, \"{place}\"\n"));
                match place % 3 {
                    0 => assert!(row.get_long(0).is_err(), "unknown is not zero"),
                    _ => assert_eq!(row.get_long(0).unwrap(), place),
                }
                place += 1;
            }
            assert_eq!(place, count);
        }
    }
}
