//! What GitHub knows answers by, so that what has not changed is not sent
//! again.

use std::collections::HashMap;

/// How many answers are remembered; of more repositories some are asked for at
/// full price.
const MOST: usize = 20_000;

/// Validators of answers, by path.
#[derive(Debug)]
pub(super) struct Validators {
    known: HashMap<String, String>,
    most: usize,
}

impl Default for Validators {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            most: MOST,
        }
    }
}

impl Validators {
    pub(super) fn get(&self, path: &str) -> Option<String> {
        self.known.get(path).cloned()
    }

    /// Remembers what an answer is known by; one without is forgotten.
    pub(super) fn remember(&mut self, path: &str, validator: Option<&str>) {
        let Some(validator) = validator else {
            return self.forget(path);
        };
        if self.known.len() >= self.most && !self.known.contains_key(path) {
            let any = self.known.keys().next().cloned();
            if let Some(any) = any {
                self.known.remove(&any);
            }
        }
        self.known.insert(path.to_owned(), validator.to_owned());
    }

    pub(super) fn forget(&mut self, path: &str) {
        self.known.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_never_grow_beyond_what_is_remembered() {
        let mut validators = Validators {
            most: 3,
            ..Validators::default()
        };
        for number in 0..100 {
            validators.remember(&format!("/{number}"), Some("tag"));
            assert_eq!(
                validators.get(&format!("/{number}")).as_deref(),
                Some("tag")
            );
            assert!(validators.known.len() <= 3);
        }
        validators.remember("/99", Some("another"));
        assert_eq!(validators.known.len(), 3);
        assert_eq!(validators.get("/99").as_deref(), Some("another"));
        validators.remember("/99", None);
        assert_eq!(validators.get("/99"), None);
    }
}
