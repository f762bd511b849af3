//! Hours of the archive.

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{JobCompleted, Severity};
use event_log::LogStream;
use tests::star_of;

use crate::world::{World, file_of, file_with};

/// The start of an hour of the day of the tests.
fn hour(number: u32) -> DateTime<Utc> {
    format!("2026-06-01T{number:02}:00:00Z").parse().unwrap()
}

fn put(world: &World, number: u32) {
    let at = hour(number) + TimeDelta::minutes(20);
    let star = star_of((7, "octo/cat"), at, number.into());
    world
        .archive
        .put(&file_of(hour(number)), file_with(&[star]));
}

fn asked_for(world: &World, number: u32) -> u64 {
    world.archive.asked_for(&file_of(hour(number)))
}

/// The files that were left out.
fn left_out(done: &JobCompleted) -> Vec<&str> {
    let left_out = done.left_out.iter();
    left_out
        .map(|failure| failure.context["unit"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn due_hours_are_read_once_and_an_absent_one_when_it_is_there() {
    let world = World::start(hour(12) + TimeDelta::minutes(20)).await;
    for number in [6, 7, 9, 10] {
        put(&world, number);
    }
    world.employ(None, None);
    let arguments = [("hours", "3"), ("behind", "3")];

    let done = world.done("read-archive", &arguments).await;
    assert_eq!(done.summary, "2 hours were read, 2 contributions");
    assert_eq!(left_out(&done), ["2026-06-01-8.json.gz"]);
    assert_eq!(done.left_out[0].severity, Severity::Medium);
    let reason = "no such hour at any archive";
    assert!(done.left_out[0].message.contains(reason), "{done:?}");
    // The archive of 6 is no longer due, that of 10 not yet.
    let asked: Vec<u64> = (6..11).map(|number| asked_for(&world, number)).collect();
    assert_eq!(asked, [0, 1, 1, 1, 0]);
    let letters = world.events(LogStream::DeadLetters, "dead-letters.v1.>");
    assert_eq!(letters.await, [], "an hour that is late is no dead letter");

    put(&world, 8);
    let done = world.done("read-archive", &arguments).await;
    assert_eq!(done.summary, "1 hours were read, 1 contributions");
    assert_eq!(left_out(&done), [""; 0]);
    let again = world.done("read-archive", &arguments).await;
    assert_eq!(again.summary, "0 hours were read, 0 contributions");
    let asked: Vec<u64> = (6..11).map(|number| asked_for(&world, number)).collect();
    assert_eq!(asked, [0, 1, 2, 1, 0], "nothing is read twice");

    world.pass(TimeDelta::hours(1));
    let next = world.done("read-archive", &arguments).await;
    assert_eq!(next.summary, "1 hours were read, 1 contributions");
    assert_eq!(asked_for(&world, 10), 1);
    let stars = [7, 8, 9, 10].map(|number| format!("star:7:{number}"));
    assert_eq!(world.contributions().await, stars.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_archive_that_has_an_hour_is_read() {
    let world = World::start(hour(12) + TimeDelta::minutes(20)).await;
    put(&world, 8);
    put(&world, 9);
    let star = star_of((7, "octo/cat"), hour(9), 99);
    world.mirror.put(&file_of(hour(9)), file_with(&[star]));
    world.employ(None, None);
    let done = world.done("read-archive", &[("hours", "2")]).await;
    assert_eq!(done.summary, "2 hours were read, 2 contributions");
    assert_eq!((asked_for(&world, 8), asked_for(&world, 9)), (1, 0));
    let expected = ["star:7:8", "star:7:99"].map(str::to_owned);
    assert_eq!(world.contributions().await, expected.into_iter().collect());
}
