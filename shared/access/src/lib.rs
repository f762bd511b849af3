//! Who is let in at the edge of the two APIs, as whom, and how often: hosts
//! that are answered to, keys and what they may be used for, addresses of
//! readers, and limits of both.
//!
//! All of it is asked through one [`Gate`], behind connections that are waited for
//! only so long ([`serve`]). It knows requests by their heads
//! only, and says no in one way, a [`Refusal`], which each API tells as a
//! problem.

mod client;
mod connections;
mod gate;
mod hosts;
mod keys;
mod limits;
mod refusal;
mod scope;

pub use client::{ForwardedHeader, Proxies};
pub use connections::serve;
pub use gate::{Gate, GateSettings, Reader};
pub use hosts::{AllowedHosts, NoHost};
pub use keys::{Key, KeyError, KeyRing, Keys, NewKey};
pub use limits::{
    Allowance, Limits, Policy, RATE_LIMIT, RATE_LIMIT_POLICY, Rate, RateError, forget_allowance,
};
pub use refusal::{Refusal, RefusalKind};
pub use scope::{NoScope, Scope};
