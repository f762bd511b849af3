//! The projector is stopped and started again, and whoever is on call is told both times.

use std::process::{Command, Stdio};

use tests::{Servers, program};

use super::alertmanager::{Alertmanager, Chat, Message, NAMES, hurried_rules};
use super::programs::{Running, free_address, installed, is_installed};
use super::prometheus::{Prometheus, Watch};

/// A projector that serves its metrics at an address.
fn projector(servers: &Servers, database: &str, metrics: &str) -> Running {
    let mut command = Command::new(program().unwrap());
    command
        .args(["serve", "projector", "--metrics-listen", metrics])
        .args(["--database-url", database])
        .args(["--nats-url", &servers.nats.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Running(command.spawn().unwrap())
}

/// Whether no alert is pending or fires that a stopped projector is told by.
async fn all_is_well(prometheus: &Prometheus) -> bool {
    let rules = prometheus.rules().await;
    let mut of_it = rules
        .iter()
        .filter(|rule| ["NoProjector", "ServiceDown"].contains(&rule.name.as_str()));
    of_it.all(|rule| rule.state == "inactive")
}

/// What is told of the projector that runs at an address, when it stops and when it runs
/// again: each with its alert, and what it says.
fn expected(status: &str, address: &str) -> [Message; 2] {
    let message = |alert: &str, summary: &str| Message {
        webhook: "on-call-webhook".to_owned(),
        channel: "#on-call".to_owned(),
        title: format!("{status}: {alert}"),
        text: format!("{summary}\ndocs/runbook.md#{}\n", alert.to_lowercase()),
    };
    let down = format!("projector at {address} does not answer");
    [
        message(
            "NoProjector",
            "No projector runs: the read models stand still",
        ),
        message("ServiceDown", &down),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_on_call_is_told_that_a_projector_stopped_and_that_it_runs_again() {
    let Some(alertmanager) = installed(&NAMES) else {
        return;
    };
    if !is_installed("prometheus") {
        return;
    }
    let servers = Servers::start().await.unwrap();
    let (_, database) = servers.fresh_database().await.unwrap();
    servers.log().await.unwrap();
    let [metrics, alerts] = [(); 2].map(|()| free_address());
    let running = projector(&servers, &database, &metrics);

    let directory = tempfile::tempdir().unwrap();
    hurried_rules(directory.path());
    let watch = Watch {
        rules: directory.path(),
        alertmanager: Some(&alerts),
    };
    let prometheus = Prometheus::watching(&[("projector".to_owned(), metrics.clone())], &watch);
    prometheus
        .answers("the projector", "projection_checkpoint")
        .await;
    prometheus
        .wait("all is well", async || all_is_well(&prometheus).await)
        .await;
    // Nobody to tell until now, so that whatever is told is of what comes.
    let chat = Chat::start().await;
    let _alertmanager = Alertmanager::start(alertmanager, &alerts, &chat);

    let is_told = async |message: &Message| {
        let told = || chat.told(&message.webhook, &message.title);
        prometheus
            .wait(&message.title, async || told().is_some())
            .await;
        assert_eq!(told().as_ref(), Some(message));
    };
    drop(running);
    for message in expected("firing", &metrics) {
        is_told(&message).await;
    }
    for message in expected("resolved", &metrics) {
        assert_eq!(chat.told(&message.webhook, &message.title), None);
    }
    let _again = projector(&servers, &database, &metrics);
    for message in expected("resolved", &metrics) {
        is_told(&message).await;
        // Nobody else is woken.
        assert_eq!(chat.told("team-webhook", &message.title), None);
    }
}
