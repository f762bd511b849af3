//! The scraper from files and archives to what is on the log.

mod archives;
mod damage;
mod generated;
mod gzip;
mod input;
mod job;
mod long_lines;
mod support;
