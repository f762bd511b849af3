//! `commands`: every command of the command API in one document, made of the
//! list it carries them out by.

use access::Scope;
use command_api::COMMANDS;

/// What the document begins with.
const PREFACE: &str = "\
# Commands

What people decide over HTTP, at the command API (`--webhook-listen`). Each command is sent with
`Authorization: Bearer` and a key that has the scope beside it; a key has the scopes it was made with, and
none includes another. How keys are made and taken back is in [access.md](access.md). What each takes and
answers is in [openapi.commands.json](openapi.commands.json), which the command API has at `/openapi.json` and
the pages show at `/docs/commands`; what decisions mean is in [decisions.md](decisions.md), what the commands
of operators do in [administration.md](administration.md). This document is printed by `leaderboard commands`.
";

/// The document.
pub(super) fn document() -> String {
    let scopes = Scope::ALL.map(|scope| format!("| `{scope}` | {} |\n", scope.meaning()));
    let commands = COMMANDS.iter().map(|command| {
        let (method, path) = (command.method, command.path);
        format!(
            "| `{method} {path}` | `{}` | {} |\n",
            command.scope, command.meaning
        )
    });
    format!(
        "{PREFACE}\n## Scopes\n\n| scope | what it is for |\n| --- | --- |\n{}\n## Commands\n\n\
         | command | scope | what it does |\n| --- | --- | --- |\n{}",
        scopes.concat(),
        commands.collect::<String>()
    )
}
