//! JSON values of whatever type they turn out to be.
//!
//! Fifteen years of GitHub events hold numbers as strings, objects as bare
//! numbers and nulls anywhere. A value of an unexpected type reads as absent
//! here, so that only broken JSON is an error. All of it happens in one pass
//! over the text, with nothing buffered.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a value can be read from, one method per JSON type; all read as
/// absent unless a type says otherwise.
pub(super) trait FromAny<'de>: Default {
    fn from_integer(_value: u64) -> Self {
        Self::default()
    }
    fn from_bool(_value: bool) -> Self {
        Self::default()
    }
    fn from_text(_value: &str) -> Self {
        Self::default()
    }
    fn from_map<M: MapAccess<'de>>(mut map: M) -> Result<Self, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn from_sequence<S: SeqAccess<'de>>(mut sequence: S) -> Result<Self, S::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

struct AnyVisitor<T>(PhantomData<T>);

impl<'de, T: FromAny<'de>> Visitor<'de> for AnyVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<T, E> {
        Ok(T::from_bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<T, E> {
        Ok(T::from_integer(value))
    }
    fn visit_i64<E>(self, _negative: i64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_f64<E>(self, _fraction: f64) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(T::from_text(value))
    }
    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        T::from_map(map)
    }
    fn visit_seq<S: SeqAccess<'de>>(self, sequence: S) -> Result<T, S::Error> {
        T::from_sequence(sequence)
    }
}

/// Reads any JSON value as `T`.
pub(super) fn read_any<'de, T: FromAny<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(AnyVisitor(PhantomData))
}

macro_rules! deserialize_any {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_any(deserializer)
            }
        }
    )*};
}

/// A number, written as one or as a string of digits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Integer(pub Option<u64>);

impl FromAny<'_> for Integer {
    fn from_integer(value: u64) -> Self {
        Self(Some(value))
    }
    fn from_text(value: &str) -> Self {
        Self(value.parse().ok())
    }
}

/// A text. Characters that a database refuses are replaced, and what is
/// longer than any name on GitHub is cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Text(pub Option<String>);

/// No login, name, sha or instant is longer.
const LONGEST_TEXT: usize = 400;

impl FromAny<'_> for Text {
    fn from_text(value: &str) -> Self {
        let clean = if value.len() <= LONGEST_TEXT && !value.contains('\0') {
            value.to_owned()
        } else {
            value
                .chars()
                .take(LONGEST_TEXT)
                .map(|character| {
                    if character == '\0' {
                        char::REPLACEMENT_CHARACTER
                    } else {
                        character
                    }
                })
                .collect()
        };
        Self(Some(clean).filter(|text| !text.is_empty()))
    }
}

/// A text, or a number written as text: event ids are both.
#[derive(Clone, Debug, Default)]
pub(super) struct Identifier(pub Option<String>);

impl FromAny<'_> for Identifier {
    fn from_integer(value: u64) -> Self {
        Self(Some(value.to_string()))
    }
    fn from_text(value: &str) -> Self {
        Self(Text::from_text(value).0)
    }
}

/// A truth value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flag(pub Option<bool>);

impl FromAny<'_> for Flag {
    fn from_bool(value: bool) -> Self {
        Self(Some(value))
    }
}

/// Whether anything but null is there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Present(pub bool);

impl<'de> FromAny<'de> for Present {
    fn from_integer(_: u64) -> Self {
        Self(true)
    }
    fn from_bool(_: bool) -> Self {
        Self(true)
    }
    fn from_text(_: &str) -> Self {
        Self(true)
    }
    fn from_map<M: MapAccess<'de>>(mut map: M) -> Result<Self, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self(true))
    }
}

/// Whether a text begins as the message of a pull request's merge commit does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MergeMessage(pub bool);

impl FromAny<'_> for MergeMessage {
    fn from_text(value: &str) -> Self {
        Self(value.starts_with("Merge pull request #"))
    }
}

deserialize_any!(Integer, Text, Identifier, Flag, Present, MergeMessage);

/// An object, or the bare number or text that stood for it in some era.
#[derive(Clone, Debug, Default)]
pub(super) enum Object<T> {
    #[default]
    Absent,
    Number(u64),
    Text(String),
    Fields(T),
}

impl<T> Object<T> {
    pub(super) fn fields(&self) -> Option<&T> {
        match self {
            Self::Fields(fields) => Some(fields),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> FromAny<'de> for Object<T> {
    fn from_integer(value: u64) -> Self {
        Self::Number(value)
    }
    fn from_text(value: &str) -> Self {
        Text::from_text(value).0.map_or(Self::Absent, Self::Text)
    }
    fn from_map<M: MapAccess<'de>>(map: M) -> Result<Self, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Self::Fields)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_any(deserializer)
    }
}

/// A list; `None` where there is none.
#[derive(Clone, Debug)]
pub(super) struct List<T>(pub Option<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> FromAny<'de> for List<T> {
    fn from_sequence<S: SeqAccess<'de>>(mut sequence: S) -> Result<Self, S::Error> {
        let mut list = Vec::new();
        while let Some(element) = sequence.next_element()? {
            list.push(element);
        }
        Ok(Self(Some(list)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_any(deserializer)
    }
}
