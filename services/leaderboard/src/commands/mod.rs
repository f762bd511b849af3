//! The commands, one file each.

mod accounts;
mod ask;
mod backup;
pub(crate) mod bigquery;
mod budget;
mod class_lists;
mod command_list;
mod configuration;
mod coverage;
mod dead_letters;
mod demo;
mod disputes;
mod doctor;
mod erase;
mod explain;
mod export;
pub(crate) mod ingest;
mod jobs;
mod key;
mod log_level;
mod policies;
mod replay;
mod retractions;
pub(crate) mod scrape;
mod serve;
mod shell;
pub(crate) mod snapshot;
mod tell;
mod tracking;
mod up;

use crate::cli::{Command, CommandLine};

/// Runs a command to its end.
///
/// # Errors
/// What a person needs to know to put it right.
pub async fn run(command_line: CommandLine) -> anyhow::Result<()> {
    let options = command_line.options;
    match command_line.command {
        Command::Up(up) => up::up(&options, &up).await,
        Command::Demo(demo) => demo::demo(&options, &demo).await,
        Command::Serve(serve) => serve::serve(&options, &serve).await,
        Command::Ingest(ingest) => ingest::ingest(&options, &ingest).await,
        Command::Scrape(scrape) => scrape::scrape(&options, &scrape).await,
        Command::Bigquery(days) => bigquery::read_days(&options, &days).await,
        Command::Track(track) => tracking::track(&options, &track).await,
        Command::Untrack(untrack) => tracking::untrack(&options, &untrack).await,
        Command::Tracked(json) => tracking::tracked(&options, json.json).await,
        Command::Group(group) => tracking::group(&options, &group).await,
        Command::Policy(policy) => policies::policy(&options, &policy).await,
        Command::Account(account) => accounts::account(&options, &account).await,
        Command::Dispute(asked) => disputes::dispute(&options, &asked).await,
        Command::Retract(asked) => retractions::decide(&options, &asked, true).await,
        Command::Reinstate(asked) => retractions::decide(&options, &asked, false).await,
        Command::Erase(wanted) => erase::erase(&options, &wanted).await,
        Command::ClassList(lists) => class_lists::class_lists(&options, &lists).await,
        Command::Top(top) => ask::top(&options, &top).await,
        Command::Rank(rank) => ask::rank(&options, &rank).await,
        Command::Contributor(contributor) => ask::contributor(&options, &contributor).await,
        Command::Explain(explain) => explain::explain(&options, &explain).await,
        Command::Snapshot(asked) => snapshot::snapshot(&options, &asked).await,
        Command::Verify(asked) => snapshot::verify(&options, &asked).await,
        Command::Coverage(asked) => coverage::coverage(&options, &asked).await,
        Command::DeadLetters(letters) => match &letters.action {
            Some(action) => dead_letters::resolve(&options, action).await,
            None => ask::dead_letters(&options, &letters).await,
        },
        Command::Backup(asked) => backup::backup(&options, &asked).await,
        Command::Budget(asked) => budget::budget(&options, &asked).await,
        Command::Job(job) => jobs::job(&options, &job).await,
        Command::Replay(asked) => replay::replay(&options, &asked).await,
        Command::Key(action) => key::key(&action),
        Command::LogLevel(asked) => log_level::log_level(&options, &asked).await,
        Command::Doctor(json) => doctor::doctor(&options, &json).await,
        Command::Migrate => serve::migrate(&options).await,
        Command::Declare => serve::declare(&options).await,
        Command::Probe(asked) => serve::probe(&asked).await,
        Command::Openapi(wanted) if wanted.commands => print_document(&command_api::openapi()),
        Command::Openapi(_) => print_document(&query_api::openapi()),
        Command::Asyncapi => print_document(&events::async_api_document()),
        Command::Commands => {
            print!("{}", command_list::document());
            Ok(())
        }
        Command::Completions(asked) => {
            shell::completions(&asked);
            Ok(())
        }
        Command::Man(asked) => shell::manual(&asked),
        Command::Configuration => {
            print!("{}", configuration::document());
            Ok(())
        }
    }
}

fn print_document(document: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(document)?);
    Ok(())
}
