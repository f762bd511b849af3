//! The one binary: it wires the services together and decides nothing.

mod api_client;
mod backup;
mod catch_up;
mod causes;
pub mod cli;
mod commands;
mod embedded;
mod endpoints;
mod entrance;
mod exit;
mod letters;
pub mod parts;
mod services;
mod tables;
mod whole_file;

pub use catch_up::wait_until_projected;
pub use causes::with_causes;
pub use commands::run;
pub use exit::ExitWith;
pub use letters::DatabaseLetters;
