//! What the descriptions of this program's APIs have in common: examples of what is
//! sent and answered, made of the schemas that describe it.

mod examples;

pub use examples::{Examples, own_example, show_examples};
