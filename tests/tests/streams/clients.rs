//! The clients that are documented, in their languages, over restarts.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use query_api::Settings;
use tests::{events_of, generated_documents, workspace};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::stage::Stage;

struct Client {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(program: &str, script: &str, address: &str, place: &Path) -> Self {
        let mut process = Command::new(program)
            .arg(script)
            .arg(address)
            .arg(place)
            .current_dir(workspace())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, said }
    }

    /// Reads until so many contributions were told of. Only the last one may be told
    /// of again: the client may have been ended before it kept its place.
    async fn take(&mut self, taken: &mut BTreeSet<String>, wanted: usize) {
        let mut again = 0;
        while taken.len() < wanted {
            let line = self.said.next_line().await.unwrap().expect("it ended");
            let id = line.trim().strip_prefix("contribution ").expect(&line);
            again += usize::from(!taken.insert(id.to_owned()));
        }
        assert!(again <= 1, "{again} were told of again");
    }
}

async fn stored(stage: &Stage) -> BTreeSet<String> {
    let ids = sqlx::query_scalar("SELECT id::text FROM contribution_events");
    let ids: Vec<String> = ids.fetch_all(&stage.pool).await.unwrap();
    ids.into_iter().collect()
}

/// Stars, which are known at once and never better.
fn stars(seed: u64) -> Vec<events::Envelope> {
    let all = events_of(&generated_documents(seed, 600).unwrap()).unwrap();
    let is_star = |event: &events::Envelope| {
        matches!(&event.event, events::Event::ContributionRecorded(recorded)
            if recorded.kind == domain::ContributionKind::Star)
    };
    all.into_iter().filter(is_star).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_clients_miss_nothing_and_take_nothing_twice() {
    for (program, script) in [
        ("python3", "docs/examples/follow_contributions.py"),
        ("node", "docs/examples/follow_contributions.mjs"),
    ] {
        if program == "node"
            && Command::new(program)
                .arg("--version")
                .output()
                .await
                .is_err()
        {
            println!("skipped: the client in JavaScript, for there is no node");
            continue;
        }
        let mut stage = Stage::start(Settings::default()).await;
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("place.txt");
        let mut listener = stage.listen("/api/v1/stream/contributions", "").await;
        std::fs::write(&place, &listener.expect("start").await.id).unwrap();
        let mut taken = BTreeSet::new();
        for seed in [61, 62] {
            // Some happens while nobody listens, and is caught up with.
            stage.tell(&stars(seed)).await;
            let expected = stored(&stage).await;
            let address = stage.url("");
            let mut client = Client::start(program, script, &address, &place);
            client.take(&mut taken, expected.len()).await;
            assert_eq!(taken, expected, "{program}");
            client.process.kill().await.unwrap();
            stage.stop_serving().await;
            stage.serve().await;
        }
        assert!(taken.len() > 20, "{}", taken.len());
    }
}
