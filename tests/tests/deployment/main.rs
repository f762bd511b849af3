//! What is deployed asks for what the program has: every command line in the
//! compose file, in Kubernetes' manifests and in the scheduled workflow can be
//! read, and every variable is one that it knows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kubernetes;
mod overlay;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use clap::{Command, CommandFactory};
use leaderboard::cli::CommandLine;
use serde_json::Value;
use tests::workspace;

fn text(path: &str) -> String {
    let read = std::fs::read_to_string(workspace().join(path));
    read.context(path.to_owned()).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// The documents of a file of manifests, and what lists among them hold.
fn manifests(path: &str) -> Vec<Value> {
    let documents = text(path);
    let documents = documents.split("\n---\n").map(yaml);
    let items = documents.flat_map(|document| match document["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![document],
    });
    items.collect()
}

/// Every variable that the program reads.
fn variables(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_env());
    let own = own.map(|name| name.to_string_lossy().into_owned());
    let below = command.get_subcommands().flat_map(variables);
    own.chain(below).collect()
}

/// Arguments as the program would be given them.
fn check_arguments(place: &str, arguments: &[&str]) {
    let all = std::iter::once("leaderboard").chain(arguments.iter().copied());
    let read = CommandLine::command().try_get_matches_from(all);
    assert!(read.is_ok(), "{place}: {}", read.unwrap_err());
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.map(|item| item.as_str().unwrap()).collect()
}

/// When every job is due that is, by its name.
fn usual_times() -> BTreeMap<String, (String, bool)> {
    let usual = scheduler::usual_schedule().into_iter();
    usual
        .map(|job| (job.name, (job.cron, job.enabled)))
        .collect()
}

#[test]
fn the_compose_file_asks_for_what_there_is() {
    let compose = yaml(&text("docker-compose.yml"));
    let known = variables(&CommandLine::command());
    let mut ours = 0;
    for (name, service) in compose["services"].as_object().unwrap() {
        let image = service["image"].as_str().unwrap();
        if !["leaderboard", "leaderboard-backup"].contains(&image) {
            continue;
        }
        ours += 1;
        let given = service["environment"].as_object().unwrap();
        for variable in given.keys() {
            assert!(known.contains(variable), "{name} sets {variable}");
        }
        if service["command"].is_array() {
            let entrance = strings(&service["entrypoint"]);
            let below = entrance.iter().copied().skip(1);
            let all: Vec<&str> = below.chain(strings(&service["command"])).collect();
            check_arguments(name, &all);
        }
        let probe = strings(&service["healthcheck"]["test"]);
        if let Some(["CMD", "leaderboard", arguments @ ..]) = probe.get(..) {
            check_arguments(name, arguments);
        }
        for (needed, condition) in service["depends_on"].as_object().unwrap() {
            let other = &compose["services"][needed.as_str()];
            assert!(other.is_object(), "{name} needs {needed}");
            let is_gated = match condition["condition"].as_str().unwrap() {
                "service_healthy" => other["healthcheck"].is_object(),
                condition => condition == "service_completed_successfully",
            };
            assert!(is_gated, "{name} does not wait for {needed}");
        }
    }
    assert_eq!(ours, 11);
    let (example, asked) = (
        text("deploy/compose.env.example"),
        text("docker-compose.yml"),
    );
    let needed = asked
        .split("${")
        .filter_map(|rest| rest.split_once(":?").map(|(name, _)| name))
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        });
    for name in needed {
        let line = format!("\n{name}=\n");
        assert!(example.contains(&line), "{name} is not in the example");
    }
}

/// Where the image's Dockerfile says that the program's own documents go.
#[test]
fn the_image_holds_completions_and_the_manual() {
    let dockerfile = text("deploy/Dockerfile").replace("\\\n", " ");
    let commands = dockerfile.split("&&").flat_map(|part| part.split("RUN "));
    let calls = commands.filter_map(|command| command.trim().strip_prefix("/leaderboard "));
    let mut asked = 0;
    for call in calls {
        let call = call.lines().next().unwrap();
        let arguments: Vec<&str> = call
            .split(" > ")
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        check_arguments("deploy/Dockerfile", &arguments);
        asked += 1;
    }
    assert_eq!(asked, 4);
    assert!(dockerfile.contains("COPY --from=build /share /usr/local/share"));
}

#[test]
fn the_scheduled_workflow_asks_for_what_there_is() {
    let workflow = yaml(&text("deploy/github-actions/scheduled-jobs.yml"));
    let script = workflow["jobs"]["run"]["steps"][0]["run"].as_str().unwrap();
    // Each time at which it starts is that of a job, which it asks for then.
    let times = workflow["on"]["schedule"].as_array().unwrap();
    let times = times.iter().map(|time| time["cron"].as_str().unwrap());
    let asked_for = times.map(|time| {
        let case = format!("\"{time}\") JOB=");
        let job = script.split_once(&case).unwrap().1;
        (job.split(' ').next().unwrap().to_owned(), time.to_owned())
    });
    let mut usual = usual_times();
    usual.retain(|name, (_, is_on)| *is_on && name != "tell-failures");
    let usual = usual.into_iter().map(|(name, (time, _))| (name, time));
    assert_eq!(
        asked_for.collect::<BTreeMap<_, _>>(),
        usual.collect::<BTreeMap<_, _>>()
    );
    let asked = script.split("\"$IMAGE\"").nth(1).unwrap();
    let asked = asked.split("code=").next().unwrap().replace("\\\n", " ");
    let arguments: Vec<&str> = asked
        .split_whitespace()
        .map(|word| word.trim_matches('"'))
        .collect();
    check_arguments("the workflow", &arguments);
}
