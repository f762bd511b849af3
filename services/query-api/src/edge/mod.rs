//! What happens to every request before and after its handler.

pub(crate) mod admit;
pub(crate) mod fields;
pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod known;
pub(crate) mod metrics;
pub(crate) mod observe;
pub(crate) mod recall;
