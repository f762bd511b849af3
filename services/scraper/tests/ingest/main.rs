//! The scraper from files and archives to what is on the log.

mod archives;
mod damage;
mod generated;
mod gzip;
mod input;
mod job;
mod long_lines;
mod support;

// `make fuzz` builds this, too, instrumented; what its instruments call is in there.
use bolero as _;
