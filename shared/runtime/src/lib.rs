//! What every service needs of the process it runs in: a clock, telemetry,
//! metrics, circuit breakers, and a way to stop.

mod circuit_breaker;
mod clock;
pub mod error_tracker;
mod exemplars;
mod log_level;
pub mod metrics;
mod metrics_server;
mod shutdown;
mod telemetry;
mod threads;

pub use circuit_breaker::{Admission, CircuitBreaker, CircuitChange};
pub use clock::{Clock, FixedClock, SystemClock};
pub use error_tracker::TrackerSettings;
pub use log_level::{LevelChange, LogLevel, follow_log_level};
pub use shutdown::{Shutdown, ShutdownError};
pub use telemetry::{LogFormat, Telemetry, TelemetryError, TelemetrySettings, is_coloured};
pub use threads::on_own_threads;
