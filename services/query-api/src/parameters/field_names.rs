//! The names of a struct's fields, as its `Deserialize` tells them.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The names under which a struct reads its fields; none for what is no
/// struct. Costs nothing that a request would notice, unlike asking the
/// description of the API.
pub(super) fn field_names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // There is nothing to read: the names are all that is wanted.
    let _ = T::deserialize(Listener(&mut names));
    names
}

/// A deserializer that hears what fields are wanted and then gives up.
struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(""))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom(""))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use utoipa::IntoParams;

    use super::*;
    use crate::parameters::{BoardParameters, SearchParameters};

    #[test]
    fn fields_are_the_parameters_of_the_description() {
        let described = |parameters: Vec<utoipa::openapi::path::Parameter>| {
            let names = parameters.into_iter().map(|parameter| parameter.name);
            names.collect::<Vec<_>>()
        };
        assert_eq!(
            field_names::<BoardParameters>(),
            described(BoardParameters::into_params(|| None))
        );
        assert_eq!(
            field_names::<SearchParameters>(),
            described(SearchParameters::into_params(|| None))
        );
        assert!(field_names::<u8>().is_empty());
    }
}
