//! The keys as they are now: those that were given at the start, and those of
//! a file, read again when it changes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Key, KeyError, Keys};

/// How often the file is looked at. It is small, and comparing all of it sees
/// what times of files are too coarse for.
const LOOK: Duration = Duration::from_secs(1);

/// Keys that may change while the process runs.
#[derive(Debug, Default)]
pub struct KeyRing {
    given: Keys,
    file: Option<PathBuf>,
    /// What the file said when it was last looked at.
    text: Mutex<Option<String>>,
    now: RwLock<Arc<Keys>>,
}

impl KeyRing {
    /// Keys that were given, and those of a file, if there is one.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read, or holds something else.
    pub fn open(given: Keys, file: Option<PathBuf>) -> Result<Self, KeyError> {
        let ring = Self {
            now: RwLock::new(Arc::new(given.clone())),
            given,
            file,
            text: Mutex::default(),
        };
        ring.look()?;
        Ok(ring)
    }

    /// Whether anybody could ever have a key.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.file.is_some() || !self.given.is_empty()
    }

    /// The key whose secret this is.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<Arc<Key>> {
        let keys = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let keys = Arc::clone(&keys);
        keys.find(secret)
    }

    /// Reads the file if it says something else than before. One that cannot
    /// be read, or holds something else, leaves the keys as they were: a slip
    /// of the pen locks nobody out. To take all keys back, empty it.
    ///
    /// # Errors
    /// [`KeyError`], each time for a file that cannot be read, and once for
    /// one that holds something else.
    pub fn look(&self) -> Result<(), KeyError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let read = std::fs::read_to_string(file).map_err(|error| KeyError::File {
            path: file.display().to_string(),
            error,
        })?;
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if text.as_ref() == Some(&read) {
            return Ok(());
        }
        let keys = read.parse::<Keys>();
        *text = Some(read);
        let keys = self.given.with(keys?);
        tracing::info!(target: "audit", keys = keys.0.len(), "keys_read");
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// Looks at the file again and again, until it is time to stop.
    pub async fn follow(&self, stop: CancellationToken) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_readable = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            let looked = self.look();
            let is_readable = !matches!(looked, Err(KeyError::File { .. }));
            match looked {
                Err(error) if is_readable || was_readable => {
                    tracing::error!(%error, "keys_not_read");
                }
                _ => {}
            }
            was_readable = is_readable;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    #[test]
    fn keys_follow_their_file_and_survive_a_slip_of_the_pen() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keys");
        let new = |byte: u8| Key::from_random(&[byte; 32], "ann", &[Scope::Read], None).unwrap();
        let (old, new) = (new(1), new(2));
        std::fs::write(&file, format!("{}\n", old.key)).unwrap();
        let given = Keys::for_everything(["bob=0123456789abcdef"]).unwrap();
        let ring = KeyRing::open(given, Some(file.clone())).unwrap();
        assert!(ring.find(&old.secret).is_some() && ring.find(&new.secret).is_none());

        // Both hold while one takes the other's place.
        std::fs::write(&file, format!("{}\n{}\n", old.key, new.key)).unwrap();
        ring.look().unwrap();
        assert!(ring.find(&old.secret).is_some() && ring.find(&new.secret).is_some());

        std::fs::write(&file, "ann reed").unwrap();
        assert!(ring.look().is_err());
        assert!(ring.look().is_ok(), "it is told once");
        assert!(ring.find(&new.secret).is_some());

        std::fs::write(&file, format!("{}\n", new.key)).unwrap();
        ring.look().unwrap();
        assert!(ring.find(&old.secret).is_none() && ring.find(&new.secret).is_some());

        std::fs::write(&file, "").unwrap();
        ring.look().unwrap();
        assert!(ring.find(&new.secret).is_none());
        assert!(
            ring.find("0123456789abcdef").is_some(),
            "given at the start"
        );
    }
}
