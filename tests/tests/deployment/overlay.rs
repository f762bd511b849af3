//! The manifests with everything that is left to choose, as kubectl builds them.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::workspace;

use super::{usual_times, yaml};

/// What an overlay of everything that is left to choose comes to with some components,
/// where kubectl is installed.
fn everything_with(components: &[&str]) -> Option<Vec<Value>> {
    let directory = tempfile::tempdir().unwrap();
    for part in ["deploy/kubernetes", "nats"] {
        copy(&workspace().join(part), &directory.path().join(part));
    }
    let base = directory
        .path()
        .join("deploy/kubernetes/kustomization.yaml");
    let chosen = std::fs::read_to_string(&base).unwrap();
    let chosen = chosen.replace(
        "  - worker.yaml\n",
        "  - worker.yaml\n  - notifier.yaml\n  - cronjobs.yaml\n",
    );
    std::fs::write(&base, chosen).unwrap();
    let overlay = directory.path().join("overlay");
    std::fs::create_dir(&overlay).unwrap();
    let components: Vec<String> = components
        .iter()
        .map(|name| format!("../deploy/kubernetes/{name}"))
        .collect();
    let kustomization = format!(
        "resources: [../deploy/kubernetes]\ncomponents: [{}]\n",
        components.join(", ")
    );
    std::fs::write(overlay.join("kustomization.yaml"), kustomization).unwrap();
    let built = std::process::Command::new("kubectl")
        .arg("kustomize")
        .arg(&overlay)
        .output();
    let Ok(built) = built else {
        println!("skipped: kubectl is not installed");
        return None;
    };
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    let built = String::from_utf8(built.stdout).unwrap();
    Some(built.split("\n---\n").map(yaml).collect())
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn whoever_is_to_show_a_certificate_is_given_it_and_keeps_what_it_had() {
    let Some(all) = everything_with(&["encrypted", "by-waiting-jobs"]) else {
        return;
    };
    let mut ours = 0;
    for manifest in &all {
        let name = format!("{} {}", manifest["kind"], manifest["metadata"]["name"]);
        for pod in [
            &manifest["spec"]["template"]["spec"],
            &manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        ] {
            let volumes = pod["volumes"].as_array().into_iter().flatten();
            let mut there: BTreeSet<&str> = volumes
                .map(|volume| volume["name"].as_str().unwrap())
                .collect();
            let claims = manifest["spec"]["volumeClaimTemplates"].as_array();
            let claims = claims.into_iter().flatten();
            there.extend(claims.map(|claim| claim["metadata"]["name"].as_str().unwrap()));
            let containers = ["initContainers", "containers"].map(|list| pod[list].as_array());
            for container in containers.into_iter().flatten().flatten() {
                let mounts = container["volumeMounts"].as_array().into_iter().flatten();
                let mounts: Vec<&str> = mounts
                    .map(|mount| mount["mountPath"].as_str().unwrap())
                    .collect();
                let named = container["volumeMounts"].as_array().into_iter().flatten();
                for mount in named {
                    let volume = mount["name"].as_str().unwrap();
                    assert!(there.contains(volume), "{name} has no volume {volume}");
                }
                assert!(mounts.contains(&"/certificates"), "{name} shows none");
                ours += 1;
            }
        }
    }
    // Six services, two containers that prepare, two for backups, the jobs, and NATS.
    assert_eq!(ours, 6 + 2 + 2 + usual_times().len() + 1);
    let notifier = all.iter().find(|manifest| {
        manifest["kind"] == "Deployment" && manifest["metadata"]["name"] == "notifier"
    });
    let volumes = notifier.unwrap()["spec"]["template"]["spec"]["volumes"].as_array();
    assert_eq!(volumes.unwrap().len(), 2);
    let scaler = all.iter().find(|manifest| {
        manifest["kind"] == "HorizontalPodAutoscaler" && manifest["metadata"]["name"] == "worker"
    });
    let scaled_by = &scaler.unwrap()["spec"]["metrics"][0]["external"]["metric"]["name"];
    assert_eq!(scaled_by, "jobs_waiting");
}

#[test]
fn while_a_backup_is_restored_nothing_else_of_ours_runs() {
    let Some(all) = everything_with(&["restore", "encrypted", "by-waiting-jobs"]) else {
        return;
    };
    let of_kind = |kind: &str| {
        let found = all.iter().filter(|manifest| manifest["kind"] == kind);
        found.collect::<Vec<_>>()
    };
    let deployments = of_kind("Deployment");
    assert_eq!(deployments.len(), 6);
    for deployment in deployments {
        assert_eq!(deployment["spec"]["replicas"], 0);
    }
    let cron_jobs = of_kind("CronJob");
    assert_eq!(cron_jobs.len(), 2 + usual_times().len());
    for cron_job in &cron_jobs {
        assert_eq!(cron_job["spec"]["suspend"], true);
    }

    let jobs = of_kind("Job");
    assert_eq!(jobs.len(), 1, "what prepares would fill the database first");
    let backup = cron_jobs
        .iter()
        .find(|cron_job| cron_job["metadata"]["name"] == "backup");
    let backup = &backup.unwrap()["spec"]["jobTemplate"]["spec"]["template"];
    let restore = &jobs[0]["spec"]["template"];
    // Policies let pods out by this label.
    let labels = [restore, backup].map(|pod| &pod["metadata"]["labels"]["app.kubernetes.io/name"]);
    assert_eq!(labels[0], labels[1]);
    assert_eq!(jobs[0]["metadata"]["namespace"], "leaderboard");
    let [restore, backup] = [restore, backup].map(|pod| &pod["spec"]["containers"][0]);
    assert_eq!(restore["image"], backup["image"]);
    assert_eq!(restore["envFrom"], backup["envFrom"]);
    let mounts = restore["volumeMounts"].as_array().unwrap().iter();
    let mounts: Vec<&str> = mounts
        .map(|mount| mount["mountPath"].as_str().unwrap())
        .collect();
    assert_eq!(mounts, ["/backups", "/scratch", "/certificates"]);
}
