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

const KUBERNETES: [&str; 9] = [
    "deploy/kubernetes/prepare.yaml",
    "deploy/kubernetes/query-api.yaml",
    "deploy/kubernetes/projector.yaml",
    "deploy/kubernetes/scheduler.yaml",
    "deploy/kubernetes/worker.yaml",
    "deploy/kubernetes/command-api.yaml",
    "deploy/kubernetes/notifier.yaml",
    "deploy/kubernetes/cronjobs.yaml",
    "deploy/kubernetes/backup.yaml",
];

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
    assert_eq!(containers, 12);
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

/// Manifests of a kind, by the name of what they are about.
fn of_kind(kind: &str) -> BTreeSet<String> {
    let all = KUBERNETES.iter().flat_map(|path| manifests(path));
    let found = all.filter(|manifest| manifest["kind"] == kind);
    let names = found.map(|manifest| manifest["metadata"]["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn whatever_runs_on_kubernetes_is_asked_whether_it_is_well_and_ends_in_order() {
    let deployments = of_kind("Deployment");
    assert_eq!(deployments.len(), 6);
    assert_eq!(of_kind("PodDisruptionBudget"), deployments);
    let scaled = of_kind("HorizontalPodAutoscaler");
    assert!(
        ["query-api", "worker"]
            .iter()
            .all(|name| scaled.contains(*name))
    );
    for path in KUBERNETES {
        for manifest in manifests(path) {
            if manifest["kind"] == "CronJob" {
                let job = &manifest["spec"]["jobTemplate"]["spec"];
                assert_eq!(manifest["spec"]["concurrencyPolicy"], "Forbid", "{path}");
                assert_eq!(job["template"]["spec"]["restartPolicy"], "Never", "{path}");
                assert!(job["activeDeadlineSeconds"].is_u64(), "{path}");
            }
            if manifest["kind"] != "Deployment" {
                continue;
            }
            let pod = &manifest["spec"]["template"]["spec"];
            // Services finish within a minute (docs/operations.md).
            assert!(
                pod["terminationGracePeriodSeconds"].as_i64() > Some(60),
                "{path}"
            );
            let container = &pod["containers"][0];
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                assert!(
                    container[probe]["httpGet"]["path"].is_string(),
                    "{path}: {probe}"
                );
            }
        }
    }
}

#[test]
fn workers_are_scaled_by_a_metric_that_there_is() {
    let directory = "deploy/kubernetes/by-waiting-jobs";
    let scaler = yaml(&text(&format!("{directory}/worker.yaml")));
    let metric = scaler["spec"]["metrics"][0]["external"]["metric"]["name"].as_str();
    let rules = yaml(&text(&format!("{directory}/prometheus-adapter.yaml")));
    let series = rules["rules"]["external"][0]["seriesQuery"]
        .as_str()
        .unwrap();
    let metric = metric.unwrap();
    assert_eq!(series.split('{').next(), Some(metric));
    let known = runtime::metrics::METRICS.iter();
    assert!(known.into_iter().any(|(name, _, _)| *name == metric));
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
    let asked = script.split("\"$IMAGE\"").nth(1).unwrap();
    let asked = asked.split("code=").next().unwrap().replace("\\\n", " ");
    let arguments: Vec<&str> = asked
        .split_whitespace()
        .map(|word| word.trim_matches('"'))
        .collect();
    check_arguments("the workflow", &arguments);
}
