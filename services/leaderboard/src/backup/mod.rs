//! Backups: the database and the log at one time, as a directory that tells
//! whether it is whole, and that can be restored without anything else.
//!
//! The database is saved first and the log after it, so that the log of a backup
//! is never behind the checkpoints of its database: what is between them is
//! projected after a restore, and nothing is passed over.

mod database;
mod files;
mod log;
mod make;
mod manifest;
mod rehearse;
mod report;
mod restore;

pub(crate) use database::Programs;
pub(crate) use files::{Shelf, StoredBackup};
pub(crate) use make::make;
pub(crate) use rehearse::rehearse;
pub(crate) use report::{told, told_of};
pub(crate) use restore::{Target, restore};
