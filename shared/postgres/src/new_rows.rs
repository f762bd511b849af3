//! Many new rows at once: `COPY … FROM STDIN` in its binary format, or, of few
//! rows, one statement.
//!
//! The format is described in the manual of PostgreSQL under COPY, "Binary
//! Format". Rows written so skip the parsing of text and the checks that a row
//! of `INSERT … ON CONFLICT` costs, so whoever copies must know that the rows
//! are new.
//!
//! A COPY ends with a small message after its data, which the driver sends
//! without TCP_NODELAY: it waits until the server has acknowledged the data,
//! which a server with nothing to say does some 40 ms later. For few rows that
//! would be most of the time, so those go as one parameter of one statement.

mod field;

use sqlx::postgres::PgCopyIn;
use sqlx::{AssertSqlSafe, PgConnection};

pub use field::{CopyField, Jsonb, TextArray};

/// Up to so many rows, one statement is faster than a COPY.
const FEW: usize = 1_000;

/// What every stream begins with: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What every stream ends with, in the place of a row's number of fields.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// The length that stands for a null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// So many bytes of rows are sent while the next are being added.
const PIECE: usize = 256 * 1024;

/// New rows of a table, of which the first are on their way while the next are
/// being added.
pub struct NewRows<'c> {
    table: &'static str,
    target: Option<Target<'c>>,
    rows: Rows,
}

/// Where the rows go; absent once that failed.
enum Target<'c> {
    /// They are few so far.
    Waiting(&'c mut PgConnection),
    Copying(PgCopyIn<&'c mut PgConnection>),
}

impl<'c> NewRows<'c> {
    /// No rows yet, of these columns of a table.
    #[must_use]
    pub fn new(
        connection: &'c mut PgConnection,
        table: &'static str,
        columns: &'static [&'static str],
    ) -> Self {
        Self {
            table,
            target: Some(Target::Waiting(connection)),
            rows: Rows::new(columns),
        }
    }

    /// Begins a row: every column must be added, in order, before the next.
    /// Sends the rows before it, if they have become many.
    ///
    /// # Errors
    /// What the database answers, such as that a row is there already.
    pub async fn row(&mut self) -> Result<&mut Rows, sqlx::Error> {
        if self.rows.rows > FEW && self.rows.bytes.len() >= PIECE {
            self.send().await?;
        }
        Ok(self.rows.begin())
    }

    async fn send(&mut self) -> Result<(), sqlx::Error> {
        let mut copy = match self.target.take() {
            None => return Err(refused()),
            Some(Target::Copying(copy)) => copy,
            Some(Target::Waiting(connection)) => {
                let (table, columns) = (self.table, self.rows.columns.join(", "));
                let statement = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
                connection.copy_in_raw(&statement).await?
            }
        };
        copy.send(self.rows.bytes.as_slice()).await?;
        self.rows.bytes.clear();
        self.target = Some(Target::Copying(copy));
        Ok(())
    }

    /// Writes what is not written yet, and waits until all is.
    ///
    /// # Errors
    /// What the database answers, such as that a row is there already.
    pub async fn insert(mut self) -> Result<(), sqlx::Error> {
        if self.rows.rows > FEW {
            self.rows.bytes.extend_from_slice(&TRAILER);
            self.send().await?;
        }
        match self.target {
            Some(Target::Copying(copy)) => copy.finish().await.map(drop),
            Some(Target::Waiting(connection)) => self.rows.insert_few(self.table, connection).await,
            None => Err(refused()),
        }
    }
}

/// Whoever goes on after an error gets another.
fn refused() -> sqlx::Error {
    sqlx::Error::Protocol("the rows before these were refused".to_owned())
}

/// Rows on their way, in the forms they may be sent in.
#[derive(Debug)]
pub struct Rows {
    columns: &'static [&'static str],
    /// Rows in the binary format that were not sent yet.
    bytes: Vec<u8>,
    /// The rows as objects, while they are few.
    objects: Vec<u8>,
    rows: usize,
    /// Fields of the last row.
    fields: usize,
}

impl Rows {
    fn new(columns: &'static [&'static str]) -> Self {
        Self {
            columns,
            bytes: HEADER.to_vec(),
            objects: Vec::new(),
            rows: 0,
            fields: 0,
        }
    }

    fn begin(&mut self) -> &mut Self {
        self.rows += 1;
        self.fields = 0;
        // A table has at most 1,600 columns.
        let fields = self.columns.len() as i16;
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    /// Adds a field of the row.
    pub fn field(&mut self, value: impl CopyField) -> &mut Self {
        self.add_to_object(&value);
        self.fields += 1;
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

    fn add_to_object(&mut self, value: &impl CopyField) {
        if self.rows > FEW {
            return;
        }
        let begin = match (self.rows, self.fields) {
            (1, 0) => "[{",
            (_, 0) => ",{",
            _ => ",",
        };
        let name = self.columns[self.fields];
        self.objects.extend_from_slice(begin.as_bytes());
        self.objects
            .extend_from_slice(format!("\"{name}\":").as_bytes());
        if value.is_null() {
            self.objects.extend_from_slice(b"null");
        } else {
            value.write_json(&mut self.objects);
        }
        if self.fields + 1 == self.columns.len() {
            self.objects.push(b'}');
        }
    }

    async fn insert_few(
        mut self,
        table: &str,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        if self.rows == 0 {
            return Ok(());
        }
        self.objects.push(b']');
        let objects = String::from_utf8(self.objects)
            .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let columns = self.columns.join(", ");
        // Made of names in our own code only.
        let statement = AssertSqlSafe(format!(
            "INSERT INTO {table} ({columns})
             SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb)"
        ));
        sqlx::query(statement)
            .bind(objects)
            .execute(connection)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_binary_format_and_while_few_objects() {
        let mut rows = Rows::new(&["small", "large", "name"]);
        rows.begin().field(7_i16).field(None::<i64>).field("n\"é");
        rows.begin().field(8_i16).field(Some(9_i64)).field("");
        let expected = [
            HEADER,
            &[0, 3, 0, 0, 0, 2, 0, 7, 255, 255, 255, 255, 0, 0, 0, 4],
            "n\"é".as_bytes(),
            &[
                0, 3, 0, 0, 0, 2, 0, 8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0,
            ],
        ]
        .concat();
        assert_eq!(rows.bytes, expected);
        let objects = String::from_utf8(rows.objects).unwrap();
        assert_eq!(
            objects,
            r#"[{"small":7,"large":null,"name":"n\"é"},{"small":8,"large":9,"name":""}"#
        );
    }
}
