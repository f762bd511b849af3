//! `configuration`: every flag and variable in one document, made of the
//! command line itself.

use std::collections::BTreeMap;

use clap::{Arg, Command, CommandFactory};

use crate::cli::CommandLine;

/// What the document begins with.
const PREFACE: &str = "\
# Configuration

Every setting is a flag; those that a deployment sets are variables of the environment, too. A flag
goes before its variable, a variable before the default. A value that cannot be read is refused at the
start, with what would be right. When jobs are due is set in a file ([jobs.md](jobs.md)). This document is
printed by `leaderboard configuration`.
";

/// A flag, and which commands take it.
struct Setting {
    variable: Option<String>,
    flag: String,
    default: String,
    meaning: String,
    is_secret: bool,
    is_global: bool,
    commands: Vec<String>,
}

/// The document.
pub(super) fn document() -> String {
    let mut settings = BTreeMap::new();
    collect(&CommandLine::command(), "", &mut settings);
    let (with, without): (Vec<_>, Vec<_>) = settings
        .into_values()
        .partition(|setting| setting.variable.is_some());
    let variables = with.iter().map(|setting| {
        let variable = setting.variable.as_deref().unwrap_or_default();
        let secret = if setting.is_secret { " (secret)" } else { "" };
        format!("| `{variable}`{secret} {}\n", setting.row())
    });
    let flags = without.iter().map(|setting| format!("{}\n", setting.row()));
    format!(
        "{PREFACE}\n## Variables\n\n| variable | flag | default | of | meaning |\n\
         | --- | --- | --- | --- | --- |\n{}\n## Flags without a variable\n\n\
         | flag | default | of | meaning |\n| --- | --- | --- | --- |\n{}",
        variables.collect::<String>(),
        flags.collect::<String>()
    )
}

/// Takes the settings of a command and of all below it. The same flag may mean
/// something else in another command: then it is another setting.
fn collect(
    command: &Command,
    path: &str,
    settings: &mut BTreeMap<(Option<String>, String, String), Setting>,
) {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    for arg in shown {
        let Some(setting) = Setting::of(arg) else {
            continue;
        };
        let key = (
            setting.variable.clone(),
            setting.flag.clone(),
            setting.meaning.clone(),
        );
        let known = settings.entry(key).or_insert(setting);
        known.commands.push(path.to_owned());
    }
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    for subcommand in below {
        let name = subcommand.get_name();
        let path = match path {
            "" => name.to_owned(),
            path => format!("{path} {name}"),
        };
        collect(subcommand, &path, settings);
    }
}

impl Setting {
    /// None of what is no flag.
    fn of(arg: &Arg) -> Option<Self> {
        let flag = arg.get_long()?;
        let text = |help: &clap::builder::StyledStr| help.to_string().replace('|', "\\|");
        let meaning = arg.get_help().map(text).unwrap_or_default();
        let defaults = arg.get_default_values().iter();
        let default: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
        let is_switch = !arg.get_action().takes_values();
        Some(Self {
            variable: arg
                .get_env()
                .map(|variable| variable.to_string_lossy().into_owned()),
            flag: flag.to_owned(),
            default: if is_switch {
                String::new()
            } else {
                default.join(",")
            },
            meaning,
            is_secret: arg.is_hide_env_values_set(),
            is_global: arg.is_global_set(),
            commands: Vec::new(),
        })
    }

    fn row(&self) -> String {
        let commands = match self.is_global {
            true => "all".to_owned(),
            false => self.commands.join(", "),
        };
        let default = match self.default.as_str() {
            "" => String::new(),
            default => format!("`{default}`"),
        };
        format!(
            "| `--{}` | {default} | {commands} | {} |",
            self.flag, self.meaning
        )
    }
}
