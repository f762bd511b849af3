//! Work queues on the log: who asks for a job, who does it, and what becomes
//! of it.
//!
//! A queue is one subject, and every step of a job is appended to it only if
//! nothing was said there since it was read. So the limit of a queue holds over
//! all workers, a job has one worker at a time, and a worker that went silent
//! cannot end a job that another has taken over. What handles a job must bear
//! being broken off and begun again at any instant.

mod dispatcher;
mod error;
mod handler;
mod queue_log;
mod run;
mod wake;
mod worker;

pub use dispatcher::{DispatchError, Dispatcher};
pub use error::JobsError;
pub use handler::{Done, Handler};
pub use queue_log::{Finished, QueueLog};
pub use run::Run;
pub use worker::{WorkerSettings, work};
