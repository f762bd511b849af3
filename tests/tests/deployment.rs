//! What is deployed asks for what the program has: every command line in the
//! compose file, in Kubernetes' manifests and in the scheduled workflow can be
//! read, and every variable is one that it knows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

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

/// The documents of a file of manifests.
fn manifests(path: &str) -> Vec<Value> {
    text(path).split("\n---\n").map(yaml).collect()
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

const KUBERNETES: [&str; 8] = [
    "deploy/kubernetes/prepare.yaml",
    "deploy/kubernetes/query-api.yaml",
    "deploy/kubernetes/projector.yaml",
    "deploy/kubernetes/scheduler.yaml",
    "deploy/kubernetes/worker.yaml",
    "deploy/kubernetes/command-api.yaml",
    "deploy/kubernetes/notifier.yaml",
    "deploy/kubernetes/cronjobs.yaml",
];

#[test]
fn the_compose_file_asks_for_what_there_is() {
    let compose = yaml(&text("docker-compose.yml"));
    let known = variables(&CommandLine::command());
    let mut ours = 0;
    for (name, service) in compose["services"].as_object().unwrap() {
        if service["image"] != "leaderboard" {
            continue;
        }
        ours += 1;
        let given = service["environment"].as_object().unwrap();
        for variable in given.keys() {
            assert!(known.contains(variable), "{name} sets {variable}");
        }
        if service["command"].is_array() {
            check_arguments(name, &strings(&service["command"]));
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
    assert_eq!(ours, 10);
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

#[test]
fn kubernetes_asks_for_what_there_is() {
    let known = variables(&CommandLine::command());
    let configuration = &manifests("deploy/kubernetes/configuration.yaml")[0]["data"];
    let encrypted = &manifests("deploy/kubernetes/encrypted/configuration.yaml")[0]["data"];
    for configuration in [configuration, encrypted] {
        for variable in configuration.as_object().unwrap().keys() {
            assert!(known.contains(variable), "{variable}");
        }
    }
    let mut containers = 0;
    for path in KUBERNETES {
        for manifest in manifests(path) {
            for container in containers_of(&manifest) {
                containers += 1;
                let place = format!("{path}, {}", container["name"]);
                check_arguments(&place, &strings(&container["args"]));
                for set in container["env"].as_array().into_iter().flatten() {
                    let name = set["name"].as_str().unwrap();
                    assert!(known.contains(name), "{place} sets {name}");
                }
                let security = &container["securityContext"];
                assert_eq!(security["readOnlyRootFilesystem"], true, "{place}");
                assert_eq!(security["allowPrivilegeEscalation"], false, "{place}");
                assert!(container["resources"]["requests"].is_object(), "{place}");
            }
        }
    }
    assert_eq!(containers, 10);
}

/// The containers of a deployment, a job or a cron job.
fn containers_of(manifest: &Value) -> Vec<&Value> {
    let templates = [
        &manifest["spec"]["template"]["spec"],
        &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    ];
    let lists = templates.into_iter().flat_map(|template| {
        ["initContainers", "containers"].map(|list| template[list].as_array())
    });
    lists.flatten().flatten().collect()
}

#[test]
fn the_scheduled_workflow_asks_for_what_there_is() {
    let workflow = yaml(&text("deploy/github-actions/scheduled-jobs.yml"));
    let script = workflow["jobs"]["run"]["steps"][0]["run"].as_str().unwrap();
    let asked = script.split("\"$IMAGE\"").nth(1).unwrap();
    let asked = asked.split("code=").next().unwrap().replace("\\\n", " ");
    let arguments: Vec<&str> = asked
        .split_whitespace()
        .map(|word| word.trim_matches('"'))
        .collect();
    check_arguments("the workflow", &arguments);
}
