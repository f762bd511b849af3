//! Every command there is, and what a key must be for to give it.

use access::Scope;

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The method it is sent with.
    pub method: &'static str,
    /// The address it is sent to.
    pub path: &'static str,
    /// What a key must be for.
    pub scope: Scope,
    /// What it does, in words.
    pub meaning: &'static str,
}

const fn command(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    meaning: &'static str,
) -> Command {
    Command {
        method,
        path,
        scope,
        meaning,
    }
}

/// Every command. What is not in this list is not carried out, whoever asks.
pub const COMMANDS: &[Command] = &[
    command(
        "GET",
        "/api/v1/tracked",
        Scope::Read,
        "list what is tracked, with who decided it and why",
    ),
    command(
        "PUT",
        "/api/v1/tracked/{owner}/{name}",
        Scope::Track,
        "track a repository",
    ),
    command(
        "DELETE",
        "/api/v1/tracked/{owner}/{name}",
        Scope::Track,
        "track a repository no more",
    ),
    command(
        "GET",
        "/api/v1/groups",
        Scope::Read,
        "list groups of repositories",
    ),
    command(
        "PUT",
        "/api/v1/groups/{group}",
        Scope::Track,
        "say which repositories belong to a group",
    ),
    command(
        "POST",
        "/api/v1/disputes",
        Scope::Dispute,
        "say that something is missing, and have GitHub asked for it",
    ),
    command(
        "POST",
        "/api/v1/contributions/{id}/retract",
        Scope::Decide,
        "say that a contribution was recorded in error and counts no more, and why",
    ),
    command(
        "POST",
        "/api/v1/contributions/{id}/reinstate",
        Scope::Decide,
        "take that back, and say why",
    ),
    command(
        "PUT",
        "/api/v1/policy",
        Scope::Decide,
        "say what contributions are worth",
    ),
    command(
        "PUT",
        "/api/v1/groups/{group}/policy",
        Scope::Decide,
        "say what contributions are worth on a group's board",
    ),
    command(
        "DELETE",
        "/api/v1/groups/{group}/policy",
        Scope::Decide,
        "let a group's board follow the general policy again",
    ),
    command(
        "PUT",
        "/api/v1/accounts/{account}/class",
        Scope::Decide,
        "say what an account is: a person, a bot, an agent",
    ),
    command(
        "DELETE",
        "/api/v1/accounts/{account}/class",
        Scope::Decide,
        "take that back",
    ),
    command(
        "PUT",
        "/api/v1/class-lists/{list}",
        Scope::Decide,
        "say which logins are of a class",
    ),
    command(
        "DELETE",
        "/api/v1/class-lists/{list}",
        Scope::Decide,
        "empty such a list",
    ),
    command(
        "PUT",
        "/api/v1/accounts/{account}/link",
        Scope::Decide,
        "credit an account's contributions to another",
    ),
    command(
        "DELETE",
        "/api/v1/accounts/{account}/link",
        Scope::Decide,
        "take that back",
    ),
    command(
        "PUT",
        "/api/v1/accounts/{account}/affiliations",
        Scope::Decide,
        "say whom an account worked for",
    ),
    command(
        "POST",
        "/api/v1/queues/{queue}/pause",
        Scope::Operate,
        "let no job of a queue be started any more",
    ),
    command(
        "POST",
        "/api/v1/queues/{queue}/resume",
        Scope::Operate,
        "let jobs of a queue be started again",
    ),
    command(
        "POST",
        "/api/v1/jobs",
        Scope::Operate,
        "ask for a job of the schedule now, by its name, with arguments",
    ),
    command(
        "POST",
        "/api/v1/dead-letters/redrive",
        Scope::Operate,
        "have dead letters read again: some by id, those that a filter means, or all",
    ),
    command(
        "POST",
        "/api/v1/dead-letters/discard",
        Scope::Operate,
        "say that nobody wants such dead letters, and why",
    ),
    command(
        "POST",
        "/api/v1/dead-letters/{id}/redrive",
        Scope::Operate,
        "have one dead letter read again",
    ),
    command(
        "POST",
        "/api/v1/dead-letters/{id}/discard",
        Scope::Operate,
        "say that nobody wants one dead letter, and why",
    ),
    command(
        "POST",
        "/api/v1/replay/{step}",
        Scope::Operate,
        "take a step of a replay: start, parity, switch, rollback, abort or drop",
    ),
    command(
        "PUT",
        "/api/v1/budget",
        Scope::Spend,
        "say how much may be spent on data from now on",
    ),
    command(
        "GET",
        "/api/v1/log-level",
        Scope::Operate,
        "tell what this process logs",
    ),
    command(
        "POST",
        "/api/v1/log-level",
        Scope::Operate,
        "change what this process logs, for good or for a while",
    ),
];

impl Command {
    /// The command at a route. `HEAD` is `GET` without the answer's body.
    pub(super) fn at(method: &str, path: &str) -> Option<&'static Self> {
        let method = if method == "HEAD" { "GET" } else { method };
        COMMANDS
            .iter()
            .find(|command| command.method == method && command.path == path)
    }

    /// The methods that a route takes, as the header `Allow` names them.
    pub(super) fn methods_at(path: &str) -> String {
        let commands = COMMANDS.iter().filter(|command| command.path == path);
        let methods: Vec<&str> = commands.map(|command| command.method).collect();
        methods.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_command_needs_exactly_one_scope() {
        let places: BTreeSet<_> = COMMANDS
            .iter()
            .map(|command| (command.method, command.path))
            .collect();
        assert_eq!(places.len(), COMMANDS.len(), "a command is listed twice");
        let used: BTreeSet<_> = COMMANDS.iter().map(|command| command.scope).collect();
        assert_eq!(used, BTreeSet::from(Scope::ALL), "a scope is for nothing");
    }
}
