//! Values in the forms that Postgres receives them in.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use uuid::Uuid;

/// Appends a value's JSON; writing to memory cannot fail.
fn json(value: &(impl serde::Serialize + ?Sized), bytes: &mut Vec<u8>) {
    let _ = serde_json::to_writer(bytes, value);
}

/// A value in the forms its Postgres type receives.
pub trait CopyField {
    /// Whether it is a null.
    fn is_null(&self) -> bool {
        false
    }

    /// Appends the value in binary form.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Appends the value as JSON.
    fn write_json(&self, bytes: &mut Vec<u8>);
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

            fn write_json(&self, bytes: &mut Vec<u8>) {
                json(self, bytes);
            }
        }
    )*};
}

big_endian!(i16, i32, i64);

impl CopyField for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
        json(self, bytes);
    }
}

/// Text, and the labels of enums.
impl CopyField for &str {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
        json(self, bytes);
    }
}

impl CopyField for Uuid {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
        json(self, bytes);
    }
}

/// Days since 1 January 2000.
impl CopyField for NaiveDate {
    fn write(&self, bytes: &mut Vec<u8>) {
        const FIRST: NaiveDate =
            NaiveDate::from_ymd_opt(2000, 1, 1).expect("a day of the calendar");
        let days = self.signed_duration_since(FIRST).num_days() as i32;
        bytes.extend_from_slice(&days.to_be_bytes());
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
        json(self, bytes);
    }
}

/// Microseconds since 1 January 2000.
impl CopyField for DateTime<Utc> {
    fn write(&self, bytes: &mut Vec<u8>) {
        const FIRST: i64 = 946_684_800_000_000;
        let microseconds = self.timestamp_micros() - FIRST;
        bytes.extend_from_slice(&microseconds.to_be_bytes());
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
        // Postgres would round what is finer; the binary form cuts it off.
        json(&self.to_rfc3339_opts(SecondsFormat::Micros, true), bytes);
    }
}

impl CopyField for Jsonb<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        // The version of the binary form of jsonb.
        bytes.push(1);
        bytes.extend_from_slice(self.0.as_bytes());
    }

    fn write_json(&self, bytes: &mut Vec<u8>) {
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

    fn write_json(&self, bytes: &mut Vec<u8>) {
        json(self.0, bytes);
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

    fn write_json(&self, bytes: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write_json(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
