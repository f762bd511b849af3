//! The `AsyncAPI` document: what a subscriber of the log needs to know,
//! generated from the event types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::event::{MESSAGES, describe_all};
use crate::examples::example_of;

/// Subjects, the parameters in them, and the events on them.
struct Channel {
    name: &'static str,
    address: &'static str,
    description: &'static str,
    messages: &'static [&'static str],
}

const CHANNELS: &[Channel] = &[
    Channel {
        name: "contributions",
        address: "contributions.v1.{partition}.{owner}.{repository}.{kind}",
        description: "Contributions, by partition (FNV-1a of the repository reference modulo 64), \
                      owner, repository and kind, in lower case with a dot written =2E. The kind \
                      is `enriched`, `retracted` or `reinstated` for events of those types.",
        messages: &[
            "ContributionRecorded",
            "ContributionEnriched",
            "ContributionRetracted",
            "ContributionReinstated",
        ],
    },
    Channel {
        name: "coverage",
        address: "coverage.v1.{source}.{unit}",
        description: "What was read of each unit of each source. Of the source `api` the unit is \
                      four tokens: owner, repository, what was read, and its range.",
        messages: &["CoverageObserved"],
    },
    Channel {
        name: "dead-letters",
        address: "dead-letters.v1.{service}",
        description: "What could not be read, by the service that gave up; under `resolved` what \
                      somebody did about it.",
        messages: &["DeadLetterRecorded", "DeadLetterResolved"],
    },
    Channel {
        name: "costs",
        address: "costs.v1.usd.{month}",
        description: "The ledger of a UTC month, such as 2026-11, in US dollars: what may be spent, \
                      what is reserved, and what it came to.",
        messages: &[
            "BudgetDefinition",
            "ThresholdReached",
            "Reservation",
            "Settlement",
            "Release",
            "Refusal",
        ],
    },
    Channel {
        name: "tracking",
        address: "decisions.v1.tracking.{owner}.{repository}",
        description: "Decisions to track a repository, or to do so no more; the latest counts.",
        messages: &["RepositoryTracked", "RepositoryUntracked"],
    },
    Channel {
        name: "groups",
        address: "decisions.v1.group.{group}",
        description: "Which repositories belong to a group; the latest definition counts.",
        messages: &["GroupDefined"],
    },
    Channel {
        name: "counting",
        address: "decisions.v1.counting",
        description: "Decisions about counting: what things are worth, which accounts are one person, \
                      who is no person, whom people worked for; the latest about each thing counts.",
        messages: &[
            "PolicyPublished",
            "PolicyWithdrawn",
            "AccountClassified",
            "ClassListDefined",
            "AccountsLinked",
            "AccountsUnlinked",
            "AffiliationsSet",
        ],
    },
    Channel {
        name: "disputes",
        address: "decisions.v1.disputes",
        description: "Something that somebody misses, and what came of asking GitHub for it.",
        messages: &["DisputeRaised", "DisputeAnswered"],
    },
    Channel {
        name: "erasures",
        address: "decisions.v1.erasures",
        description: "That somebody was forgotten, by keyed hashes: later sightings are dropped.",
        messages: &["ContributorErased"],
    },
    Channel {
        name: "log-levels",
        address: "decisions.v1.log-levels",
        description: "That a running process logs something else, who wanted it, and why.",
        messages: &["LogLevelChanged"],
    },
    Channel {
        name: "schedule",
        address: "schedule.v1.{job}",
        description: "When a job is due, that it was, and that somebody wanted it done; one trigger \
                      for each due time.",
        messages: &["ScheduleDefined", "ScheduleFired", "ScheduleMissed"],
    },
    Channel {
        name: "jobs",
        address: "jobs.v1.{queue}",
        description: "A queue: its jobs from queued to completed or failed, and whether it stands \
                      still.",
        messages: &[
            "JobQueued",
            "JobSkipped",
            "JobStarted",
            "JobProgressed",
            "JobRetrying",
            "JobReturned",
            "JobCompleted",
            "JobFailed",
            "QueuePaused",
            "QueueResumed",
        ],
    },
    Channel {
        name: "circuits",
        address: "jobs.v1.circuits.{dependency}",
        description: "That a worker leaves GitHub or BigQuery alone after failures, or does so no \
                      more; of each worker the latest holds.",
        messages: &["CircuitChanged"],
    },
    Channel {
        name: "reports",
        address: "reports.v1.{report}.{day}",
        description: "How things stood on a UTC day: `budget` and `pipeline`.",
        messages: &["ReportPublished"],
    },
    Channel {
        name: "notices",
        address: "reports.v1.notices",
        description: "That people were told of jobs that failed.",
        messages: &["NoticeSent"],
    },
];

/// The `AsyncAPI` 3.0 document of the log.
#[must_use]
pub fn async_api_document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Leaderboard event log",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Facts about GitHub contributions on NATS JetStream. Every message is a \
                            CloudEvents 1.0 envelope in structured JSON form; its id is \
                            deterministic, so a consumer can drop repetitions by it.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": CHANNELS.iter().map(channel).collect::<serde_json::Map<_, _>>(),
        "operations": CHANNELS.iter().map(operation).collect::<serde_json::Map<_, _>>(),
        "components": {
            "messages": MESSAGES.iter().map(message).collect::<serde_json::Map<_, _>>(),
            "schemas": schemas(),
        },
    })
}

fn channel(channel: &Channel) -> (String, Value) {
    let parameters: serde_json::Map<String, Value> = channel
        .address
        .split('.')
        .filter_map(|token| token.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| (name.to_owned(), json!({})))
        .collect();
    let messages: serde_json::Map<String, Value> = channel
        .messages
        .iter()
        .map(|name| ((*name).to_owned(), reference("messages", name)))
        .collect();
    let description = channel.description;
    let address = channel.address;
    (
        channel.name.to_owned(),
        json!({ "address": address, "description": description, "parameters": parameters,
                "messages": messages }),
    )
}

fn operation(channel: &Channel) -> (String, Value) {
    let target = format!("#/channels/{}", channel.name);
    (
        format!("subscribe-{}", channel.name),
        json!({ "action": "send", "channel": { "$ref": target } }),
    )
}

fn message((name, event_type): &(&str, &str)) -> (String, Value) {
    let payload = json!({
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "format": "uuid" },
            "source": { "type": "string" },
            "type": { "const": event_type },
            "time": { "type": "string", "format": "date-time" },
            "data": reference("schemas", name),
        },
    });
    (
        (*name).to_owned(),
        json!({
            "name": event_type,
            "payload": payload,
            "examples": examples(event_type),
        }),
    )
}

/// What a message of a type looks like.
fn examples(event_type: &str) -> Vec<Value> {
    let example = example_of(event_type).into_iter();
    example
        .map(|payload| json!({ "payload": payload }))
        .collect()
}

fn reference(section: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{section}/{name}") })
}

/// JSON Schemas of all event data and of what they refer to.
fn schemas() -> serde_json::Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    describe_all(&mut generator);
    generator.take_definitions(true)
}
