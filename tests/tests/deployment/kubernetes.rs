//! The manifests, file by file.

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory;
use leaderboard::cli::CommandLine;
use serde_json::Value;

use super::{check_arguments, manifests, strings, text, usual_times, variables, yaml};

const KUBERNETES: [&str; 10] = [
    "deploy/kubernetes/prepare.yaml",
    "deploy/kubernetes/query-api.yaml",
    "deploy/kubernetes/projector.yaml",
    "deploy/kubernetes/scheduler.yaml",
    "deploy/kubernetes/worker.yaml",
    "deploy/kubernetes/command-api.yaml",
    "deploy/kubernetes/notifier.yaml",
    "deploy/kubernetes/cronjobs.yaml",
    "deploy/kubernetes/backup.yaml",
    "deploy/kubernetes/restore/job.yaml",
];

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
    assert_eq!(containers, 24);
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
            let name = manifest["metadata"]["name"].as_str().unwrap();
            // What is applied anew must not undo what the scaler did.
            if manifest["kind"] == "Deployment" && scaled.contains(name) {
                assert!(manifest["spec"]["replicas"].is_null(), "{path}");
            }
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
fn kubernetes_asks_for_each_job_when_the_schedule_would() {
    let jobs = manifests("deploy/kubernetes/cronjobs.yaml");
    let mut due = BTreeMap::new();
    for job in &jobs {
        let name = job["metadata"]["name"].as_str().unwrap();
        let spec = &job["spec"]["jobTemplate"]["spec"];
        let container = &spec["template"]["spec"]["containers"][0];
        let arguments = strings(&container["args"]);
        assert_eq!(arguments[..3], ["job", "run", name]);
        assert!(arguments.contains(&"--wait"), "{name}");
        // Who may ask for jobs, and do nothing else.
        let secret = &container["envFrom"][1]["secretRef"]["name"];
        assert_eq!(secret, "leaderboard-scheduler", "{name}");
        let place = arguments.iter().position(|word| *word == "--timeout");
        let timeout = seconds_of(arguments[place.unwrap() + 1]);
        let deadline = spec["activeDeadlineSeconds"].as_u64().unwrap();
        assert!(deadline > timeout, "{name} is killed before it gives up");
        let schedule = job["spec"]["schedule"].as_str().unwrap().to_owned();
        let is_on = job["spec"]["suspend"] != true;
        due.insert(name.to_owned(), (schedule, is_on));
    }
    assert_eq!(due, usual_times());
}

/// Seconds, of hours or minutes.
fn seconds_of(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let seconds = match unit {
        "h" => 3_600,
        "m" => 60,
        _ => 0,
    };
    number.parse::<u64>().unwrap() * seconds
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

#[test]
fn prometheus_finds_the_pods_of_kubernetes_under_the_names_that_rules_ask_for() {
    let configuration = yaml(&text("deploy/monitoring/prometheus.kubernetes.yml"));
    let job = &configuration["scrape_configs"][0];
    assert_eq!(job["job_name"], "leaderboard");
    let relabelled = job["relabel_configs"].as_array().unwrap();
    let made: BTreeSet<&str> = relabelled
        .iter()
        .filter_map(|step| step["target_label"].as_str())
        .collect();
    assert!(made.contains("component"));
    // What it looks for is what the pods say of themselves.
    let found = relabelled
        .iter()
        .flat_map(|step| strings(&step["source_labels"]))
        .filter_map(|label| label.strip_prefix("__meta_kubernetes_pod_annotation_"))
        .collect::<BTreeSet<&str>>();
    for path in KUBERNETES {
        for manifest in manifests(path) {
            if manifest["kind"] != "Deployment" {
                continue;
            }
            let said = &manifest["spec"]["template"]["metadata"]["annotations"];
            let said = said.as_object().unwrap().keys();
            let said: BTreeSet<String> = said.map(|name| name.replace(['.', '/'], "_")).collect();
            assert!(found.iter().all(|name| said.contains(*name)), "{path}");
            let port =
                &manifest["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"];
            let port = port.as_str().unwrap().parse::<u64>().unwrap();
            let ports = &manifest["spec"]["template"]["spec"]["containers"][0]["ports"];
            let mut ports = ports.as_array().unwrap().iter();
            assert!(ports.any(|known| known["containerPort"] == port), "{path}");
        }
    }
}
