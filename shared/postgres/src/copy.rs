//! Many rows at once: `COPY … FROM STDIN` in its binary format.
//!
//! The format is described in the manual of PostgreSQL under COPY, "Binary
//! Format". Rows written so skip the parsing of text and the checks that a row
//! of `INSERT … ON CONFLICT` costs, so whoever copies must know that the rows
//! are new.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What every stream begins with: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What every stream ends with, in the place of a row's number of fields.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// The length that stands for a null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Bytes handed to the connection at a time.
const PIECE: usize = 256 * 1024;

/// Rows to be copied into a table.
#[derive(Debug)]
pub struct CopyRows {
    bytes: Vec<u8>,
    rows: u64,
}

impl Default for CopyRows {
    fn default() -> Self {
        Self {
            bytes: HEADER.to_vec(),
            rows: 0,
        }
    }
}

impl CopyRows {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Begins a row of so many fields; each must be added before the next row.
    pub fn row(&mut self, fields: i16) -> &mut Self {
        self.rows += 1;
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    /// Adds a field of the row.
    pub fn field(&mut self, value: impl CopyField) -> &mut Self {
        if value.is_null() {
            self.bytes.extend_from_slice(&NULL);
            return self;
        }
        let length_at = self.bytes.len();
        self.bytes.extend_from_slice(&NULL);
        value.write(&mut self.bytes);
        // No field comes near two gigabytes: the longest is a message's.
        let length = (self.bytes.len() - length_at - NULL.len()) as u32;
        self.bytes[length_at..length_at + NULL.len()].copy_from_slice(&length.to_be_bytes());
        self
    }

    /// Copies the rows with a statement of the form `COPY table (columns) FROM
    /// STDIN (FORMAT binary)`.
    ///
    /// # Errors
    /// What the database answers, such as that a row is there already.
    pub async fn copy(
        mut self,
        connection: &mut PgConnection,
        statement: &'static str,
    ) -> Result<(), sqlx::Error> {
        if self.is_empty() {
            return Ok(());
        }
        self.bytes.extend_from_slice(&TRAILER);
        let mut sink = connection.copy_in_raw(statement).await?;
        for piece in self.bytes.chunks(PIECE) {
            sink.send(piece).await?;
        }
        sink.finish().await?;
        Ok(())
    }
}

/// A value in the binary form its Postgres type receives.
pub trait CopyField {
    /// Whether it is a null.
    fn is_null(&self) -> bool {
        false
    }

    /// Appends the value.
    fn write(&self, bytes: &mut Vec<u8>);
}

/// A `jsonb` value, given as its text.
#[derive(Clone, Copy, Debug)]
pub struct Jsonb<'a>(pub &'a str);

macro_rules! big_endian {
    ($($number:ty),*) => {$(
        impl CopyField for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_be_bytes());
            }
        }
    )*};
}

big_endian!(i16, i32, i64);

impl CopyField for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }
}

/// Text, and the labels of enums.
impl CopyField for &str {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl CopyField for Uuid {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

/// Days since 1 January 2000.
impl CopyField for NaiveDate {
    fn write(&self, bytes: &mut Vec<u8>) {
        const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        let days = self.signed_duration_since(FIRST).num_days() as i32;
        bytes.extend_from_slice(&days.to_be_bytes());
    }
}

/// Microseconds since 1 January 2000.
impl CopyField for DateTime<Utc> {
    fn write(&self, bytes: &mut Vec<u8>) {
        const FIRST: i64 = 946_684_800_000_000;
        let microseconds = self.timestamp_micros() - FIRST;
        bytes.extend_from_slice(&microseconds.to_be_bytes());
    }
}

impl CopyField for Jsonb<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        // The version of the binary form of jsonb.
        bytes.push(1);
        bytes.extend_from_slice(self.0.as_bytes());
    }
}

/// A `text[]` value.
#[derive(Clone, Copy, Debug)]
pub struct TextArray<'a>(pub &'a BTreeSet<&'a str>);

/// One dimension, no nulls, the type of the elements, their number, the first
/// index, and each element as a field.
impl CopyField for TextArray<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        const TEXT: i32 = 25;
        for number in [1, 0, TEXT, self.0.len() as i32, 1] {
            number.write(bytes);
        }
        for text in self.0 {
            bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

impl<T: CopyField> CopyField for Option<T> {
    fn is_null(&self) -> bool {
        self.is_none()
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_binary_format() {
        let mut rows = CopyRows::default();
        assert!(rows.is_empty());
        rows.row(3).field(7_i16).field(None::<i64>).field("né");
        let expected = [
            HEADER,
            &[0, 3, 0, 0, 0, 2, 0, 7, 255, 255, 255, 255, 0, 0, 0, 3],
            "né".as_bytes(),
        ]
        .concat();
        assert_eq!(rows.bytes, expected);
        assert!(!rows.is_empty());
    }

    #[test]
    fn days_and_instants_are_counted_from_the_year_2000() {
        let mut bytes = Vec::new();
        let day = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
        day.write(&mut bytes);
        assert_eq!(bytes, 2_i32.to_be_bytes());
        bytes.clear();
        let instant: DateTime<Utc> = "1999-12-31T23:59:59.999999Z".parse().unwrap();
        instant.write(&mut bytes);
        assert_eq!(bytes, (-1_i64).to_be_bytes());
    }
}
