//! What a schema cannot say of commands that can be given.

use serde_json::{Value, json};

/// Days that every month has.
const DAY: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$";

/// Addresses of what can be disputed.
const DISPUTED: &str = "^https://(www\\.)?github\\.com/[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_-]{1,100}\
     /((pull|issues)/[1-9][0-9]{0,8}|commit/[0-9a-fA-F]{40})$";

/// Takes out of a document what its schemas allow and is wrong nevertheless.
pub(crate) fn tell(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    // What may be logged is a language of its own, which no pattern holds.
    let level = schemas["LevelBody"]["properties"].as_object_mut().unwrap();
    level.remove("level").unwrap();
    // Of two days one is the later, and of two times one.
    let affiliations = &mut schemas["AffiliationsBody"]["properties"]["affiliations"];
    affiliations["maxItems"] = json!(1);
    let affiliation = affiliations["items"]["properties"].as_object_mut().unwrap();
    affiliation.remove("until").unwrap();
    affiliation["from"]["pattern"] = json!(DAY);
    crate::known::narrow(&mut schemas["PolicyBody"]);
    // What git takes for a tag no pattern holds.
    let url = &mut schemas["DisputeBody"]["properties"]["url"]["pattern"];
    *url = json!(DISPUTED);
    // Steps of a replay take what is theirs.
    let steps = schemas["Step"]["properties"].as_object_mut().unwrap();
    steps.retain(|name, _| name == "reason");
    // Letters are meant in one of three ways, and of two sums of money one is the
    // larger: `administration/` has tests of these.
    let paths = document["paths"].as_object_mut().unwrap();
    for path in [
        "/api/v1/dead-letters/redrive",
        "/api/v1/dead-letters/discard",
        "/api/v1/budget",
        // A key and an id belong together: `decisions/` has a test of these.
        "/api/v1/contributions/{id}/retract",
        "/api/v1/contributions/{id}/reinstate",
    ] {
        paths.remove(path).unwrap();
    }
}
