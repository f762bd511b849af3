//! The forms of files.

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileForm {
    /// A line of names, and one for each row.
    Csv,
    /// One JSON document a line.
    Ndjson,
    /// Columns of exact types (Apache Parquet).
    Parquet,
}

impl FileForm {
    pub(crate) const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Parquet];

    /// What its addresses and files end in.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
            Self::Parquet => "Parquet",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => PARQUET,
        }
    }
}

/// What Parquet is called on the way. It is compressed in itself.
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";
