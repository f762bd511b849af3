//! What every service needs of the process it runs in: a clock, telemetry,
//! metrics, circuit breakers, and a way to stop.

mod circuit_breaker;
mod clock;
pub mod metrics;
mod shutdown;
mod telemetry;

pub use circuit_breaker::CircuitBreaker;
pub use clock::{Clock, FixedClock, SystemClock};
pub use shutdown::{Shutdown, ShutdownError};
pub use telemetry::{LogFormat, Telemetry, TelemetryError, TelemetrySettings, is_coloured};
