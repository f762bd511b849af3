//! What a schema cannot say of commands that can be given.

use serde_json::{Value, json};

/// Days that every month has.
const DAY: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$";

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
}
