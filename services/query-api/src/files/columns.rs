//! Tables column by column (Apache Parquet), some thousand rows at a time.

use std::io::Error;
use std::marker::PhantomData;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::row::{Cell, Column, Row, Sort};

/// Rows that are in memory before they are written.
const GROUP: usize = 20_000;

/// Digits of points, with the three decimals.
const POINT_DIGITS: i32 = 18;

/// A file that is being written.
pub(super) struct Columns<R> {
    file: SerializedFileWriter<Vec<u8>>,
    gathered: Vec<Gathered>,
    rows: usize,
    of: PhantomData<fn(R)>,
}

/// The values of a column that are not written yet.
struct Gathered {
    column: Column,
    values: Values,
    /// 1 where there is something, 0 where there is nothing.
    levels: Vec<i16>,
}

/// Values as they are stored.
enum Values {
    Texts(Vec<ByteArray>),
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
}

impl<R: Row> Columns<R> {
    /// Begins a file that says something of itself.
    pub(super) fn begin(about: &[(&'static str, String)]) -> Result<Self, Error> {
        let columns = R::columns();
        let about = about.iter();
        let about = about.map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("leaderboard {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(about.collect()))
            .build();
        let schema = schema(&columns).map_err(Error::other)?;
        let file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties));
        Ok(Self {
            file: file.map_err(Error::other)?,
            gathered: columns.into_iter().map(Gathered::new).collect(),
            rows: 0,
            of: PhantomData,
        })
    }

    /// Takes some rows; returns what is ready to be sent.
    pub(super) fn write(&mut self, rows: &[R]) -> Result<Vec<u8>, Error> {
        for row in rows {
            for (gathered, cell) in self.gathered.iter_mut().zip(row.cells()?) {
                gathered.take(cell)?;
            }
            self.rows += 1;
            if self.rows == GROUP {
                self.write_group().map_err(Error::other)?;
            }
        }
        Ok(std::mem::take(self.file.inner_mut()))
    }

    /// Ends the file; returns the rest of it.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Error> {
        if self.rows > 0 {
            self.write_group().map_err(Error::other)?;
        }
        self.file.into_inner().map_err(Error::other)
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        self.rows = 0;
        let mut group = self.file.next_row_group()?;
        for gathered in &mut self.gathered {
            if let Some(column) = group.next_column()? {
                gathered.write(column)?;
            }
        }
        group.close()?;
        // What lies in between is handed on, too.
        Ok(self.file.flush()?)
    }
}

impl Gathered {
    fn new(column: Column) -> Self {
        Self {
            values: match column.sort {
                Sort::Text => Values::Texts(Vec::new()),
                Sort::Number | Sort::Points | Sort::Instant => Values::Numbers(Vec::new()),
                Sort::Flag => Values::Flags(Vec::new()),
            },
            column,
            levels: Vec::new(),
        }
    }

    fn take(&mut self, cell: Cell<'_>) -> Result<(), Error> {
        self.levels.push(i16::from(cell != Cell::Nothing));
        match (&mut self.values, cell) {
            (Values::Texts(texts), Cell::Word(text)) => texts.push(text.as_bytes().to_vec().into()),
            (Values::Texts(texts), Cell::Name(text)) => texts.push(text.as_bytes().to_vec().into()),
            (Values::Numbers(numbers), Cell::Number(number) | Cell::Points(number)) => {
                numbers.push(number);
            }
            (Values::Numbers(numbers), Cell::Instant(at)) => numbers.push(at.timestamp_micros()),
            (Values::Flags(flags), Cell::Flag(flag)) => flags.push(flag),
            (_, Cell::Nothing) if self.column.optional => {}
            (_, cell) => {
                return Err(Error::other(Misplaced(
                    self.column.name,
                    format!("{cell:?}"),
                )));
            }
        }
        Ok(())
    }

    fn write(&mut self, mut to: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        let levels = self.column.optional.then_some(levels.as_slice());
        match &mut self.values {
            Values::Texts(texts) => {
                let texts = std::mem::take(texts);
                to.typed::<ByteArrayType>()
                    .write_batch(&texts, levels, None)?
            }
            Values::Numbers(numbers) => {
                let numbers = std::mem::take(numbers);
                to.typed::<Int64Type>()
                    .write_batch(&numbers, levels, None)?
            }
            Values::Flags(flags) => {
                let flags = std::mem::take(flags);
                to.typed::<BoolType>().write_batch(&flags, levels, None)?
            }
        };
        to.close()
    }
}

/// A cell that its column does not hold, which none is.
#[derive(Debug, thiserror::Error)]
#[error("the column {0} does not hold {1}")]
struct Misplaced(&'static str, String);

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = columns
        .iter()
        .map(|column| Ok(Arc::new(field(column)?)))
        .collect();
    let whole = Type::group_type_builder("row").with_fields(fields?);
    Ok(Arc::new(whole.build()?))
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.sort {
        Sort::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Sort::Number => (Physical::INT64, None),
        Sort::Points => (Physical::INT64, Some(LogicalType::decimal(3, POINT_DIGITS))),
        Sort::Flag => (Physical::BOOLEAN, None),
        Sort::Instant => {
            let instant = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Physical::INT64, Some(instant))
        }
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(match column.optional {
            true => Repetition::OPTIONAL,
            false => Repetition::REQUIRED,
        })
        .with_logical_type(logical);
    match column.sort {
        Sort::Points => field.with_precision(POINT_DIGITS).with_scale(3).build(),
        _ => field.build(),
    }
}
