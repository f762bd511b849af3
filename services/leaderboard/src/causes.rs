//! What a person is told of a failure.

/// An error with what lies behind it, each told once: many errors repeat their cause
/// in words of their own, and are followed by it.
#[must_use]
pub fn with_causes(error: &anyhow::Error) -> String {
    let causes = error.chain().map(ToString::to_string);
    causes.fold(String::new(), |told, cause| {
        if told.is_empty() {
            cause
        } else if told.contains(&cause) {
            told
        } else {
            format!("{told}: {cause}")
        }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use postgres::MigrationError;

    use super::*;

    #[test]
    fn what_an_error_says_of_its_cause_is_not_said_again() {
        let error = MigrationError::from(sqlx::Error::PoolTimedOut);
        let told = with_causes(&Err::<(), _>(error).context("not ready").unwrap_err());
        assert_eq!(
            told,
            "not ready: cannot migrate the database: while executing migrations: \
             pool timed out while waiting for an open connection"
        );
    }

    #[test]
    fn causes_that_no_error_repeats_are_all_told() {
        let error = anyhow!("no route").context("no answer").context("not read");
        assert_eq!(with_causes(&error), "not read: no answer: no route");
    }
}
