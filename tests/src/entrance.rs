//! Who is let in by the command API of a test.

use std::sync::Arc;

use access::{Gate, GateSettings, KeyRing, Keys};
use command_api::Entrance;
use runtime::SystemClock;

/// Whoever has this key, given as `name=secret`, and as often as they like.
///
/// # Panics
/// When it is no key.
#[must_use]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub fn entrance(key: &str) -> Entrance {
    let keys = KeyRing::open(Keys::for_everything([key]).unwrap(), None).unwrap();
    let clock = Arc::new(SystemClock);
    Entrance {
        gate: Gate::new(GateSettings::default(), Arc::new(keys), clock),
        documentation: None,
    }
}
