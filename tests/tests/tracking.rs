//! What is tracked is decided on the log: the latest decision counts, the same
//! decision twice is one, and of two at once none is lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use decisions::tracking::{add_to_group, decide_tracking, define_group, follow_rename, tracking};
use decisions::{Author, Decision};
use domain::RepositoryName;
use event_log::EventLog;
use tests::Servers;

fn name(text: &str) -> RepositoryName {
    RepositoryName::entered(text).unwrap()
}

fn author(actor: &str) -> Author {
    Author {
        actor: actor.to_owned(),
        reason: "a test".to_owned(),
        at: "2026-11-01T12:00:00Z".parse().unwrap(),
    }
}

async fn tracked(log: &EventLog) -> Vec<String> {
    let known = tracking(log).await.unwrap();
    let tracked = known.tracked().into_iter();
    tracked.map(|known| known.latest.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_on_the_log_once_and_the_latest_counts() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let (ada, bob) = (author("ada"), author("bob"));
    let (rails, shouted) = (name("Rails/rails"), name("rails/RAILS"));
    let (moved, stranger) = (name("rails/rails.next"), name("some/one"));
    let decided = decide_tracking(&log, &rails, true, &ada).await.unwrap();
    assert_eq!(decided, Decision::Made);
    let again = decide_tracking(&log, &shouted, true, &bob).await.unwrap();
    assert_eq!(again, Decision::Unchanged);
    assert_eq!(tracked(&log).await, ["Rails/rails"]);

    let follow = |from, to| follow_rename(&log, from, 8_514, to, &ada);
    assert_eq!(follow(&rails, &moved).await.unwrap(), Decision::Made);
    assert_eq!(follow(&moved, &moved).await.unwrap(), Decision::Unchanged);
    assert_eq!(tracked(&log).await, ["rails/rails.next"]);

    let undone = decide_tracking(&log, &moved, false, &ada).await.unwrap();
    assert_eq!(undone, Decision::Made);
    assert!(tracked(&log).await.is_empty());
    // What a person undid, a rename does not bring back.
    assert_eq!(
        follow(&moved, &stranger).await.unwrap(),
        Decision::Unchanged
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_additions_to_a_group_at_once_none_is_lost() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let ada = author("ada");
    assert!(define_group(&log, "Not a name", &[], &ada).await.is_err());
    define_group(&log, "web", &[name("a/a")], &ada)
        .await
        .unwrap();
    let additions: Vec<_> = (0..8)
        .map(|number| {
            let (log, ada) = (log.clone(), ada.clone());
            let added = name(&format!("owner/repository-{number}"));
            tokio::spawn(async move { add_to_group(&log, "web", &[added], &ada).await })
        })
        .collect();
    for addition in additions {
        assert_eq!(addition.await.unwrap().unwrap(), Decision::Made);
    }
    let known = tracking(&log).await.unwrap();
    assert_eq!(known.group("web").unwrap().repositories.len(), 9);
}
