//! Whatever decoders are given, they read it or refuse it, and what they read
//! means one thing. Each test is a target of `cargo bolero` as well.

mod archive;
mod deliveries;
mod entered;
mod events;
mod snapshots;
mod support;
