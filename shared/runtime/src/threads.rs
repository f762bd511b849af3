//! Threads of its own for a service that computes for long at a stretch.
//!
//! What runs on a thread of the runtime keeps everything else from running there until it
//! waits for something. A projector that adds up tens of thousands of contributions would
//! do so beside requests that are answered in a fraction of a millisecond.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

/// Runs a service on threads of its own until it ends; it ends, too, when nobody waits for
/// it any more.
///
/// # Errors
/// When the system gives no threads, or the service panicked.
pub async fn on_own_threads<T: Send + 'static>(
    name: &'static str,
    service: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let runtime = Builder::new_multi_thread()
        .thread_name(name)
        .enable_all()
        .build()?;
    let running = runtime.spawn(service);
    let _threads = Threads {
        running: running.abort_handle(),
        runtime: Some(runtime),
    };
    running.await.map_err(io::Error::other)
}

struct Threads {
    running: AbortHandle,
    runtime: Option<Runtime>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.running.abort();
        // Waiting for threads is not allowed where others are to run meanwhile.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_takes_long_keeps_nobody_waiting() {
        let (done, is_done) = mpsc::channel::<()>();
        let service = async move { is_done.recv().is_ok() };
        let running = tokio::spawn(on_own_threads("long", service));
        // There is one thread here: if the service stood on it, this would never be.
        tokio::task::yield_now().await;
        done.send(()).unwrap();
        assert!(running.await.unwrap().unwrap());
    }

    #[tokio::test]
    async fn a_panic_is_told_and_a_service_nobody_waits_for_ends() {
        let panicked = on_own_threads("panics", async { panic!("on purpose") });
        let told: io::Result<()> = panicked.await;
        assert!(told.unwrap_err().to_string().contains("panic"));
        let (held, gone) = tokio::sync::oneshot::channel::<()>();
        let (running, runs) = tokio::sync::oneshot::channel::<()>();
        let waiting = tokio::spawn(on_own_threads("waits", async move {
            let _held = held;
            let _ = running.send(());
            std::future::pending::<()>().await;
        }));
        runs.await.unwrap();
        waiting.abort();
        assert!(gone.await.is_err(), "it was let go");
    }
}
