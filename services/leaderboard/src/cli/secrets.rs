//! The secrets that a command line was given, so that they are told to nobody.

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::CommandLine;

impl CommandLine {
    /// Reads the command line of this process, and its environment; with it the
    /// secrets in them. Ends the process when it cannot be read.
    #[must_use]
    pub fn read() -> (Self, Vec<String>) {
        let mut command = Self::command();
        let matches = command.get_matches_mut();
        match Self::from_arg_matches(&matches) {
            Ok(read) => (read, secrets(&Self::command(), &matches)),
            Err(error) => error.format(&mut command).exit(),
        }
    }
}

/// The values of what is not shown in help, and the parts of them.
fn secrets(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let hidden = command
        .get_arguments()
        .filter(|arg| arg.is_hide_env_values_set());
    let values = hidden.flat_map(|arg| {
        let given = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
        given.map(|value| value.to_string_lossy().into_owned())
    });
    let mut found: Vec<String> = values.flat_map(|value| parts(&value)).collect();
    if let Some((name, below)) = matches.subcommand()
        && let Some(subcommand) = command.find_subcommand(name)
    {
        found.extend(secrets(subcommand, below));
    }
    found
}

/// A value, its items, and of an item what comes after its name, or the password
/// in it.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![value.to_owned()];
    for item in value.split(',') {
        parts.push(item.trim().to_owned());
        let named = item.split_once('=').map(|(_, secret)| secret.to_owned());
        let user = item
            .split_once("://")
            .and_then(|(_, rest)| rest.rsplit_once('@'));
        let password = user.and_then(|(user, _)| user.split_once(':'));
        parts.extend(named);
        parts.extend(password.map(|(_, password)| password.to_owned()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_wherever_they_were_given() {
        let matches = CommandLine::command()
            .try_get_matches_from([
                "leaderboard",
                "--database-url",
                "postgres://ann:hunter2@db/x",
                "serve",
                "command-api",
                "--command-key",
                "ann=first,bob=second",
            ])
            .unwrap();
        let found = secrets(&CommandLine::command(), &matches);
        for secret in ["hunter2", "first", "second"] {
            assert!(found.iter().any(|one| one == secret), "{found:?}");
        }
        assert!(!found.iter().any(|one| one == "command-api"));
    }
}
