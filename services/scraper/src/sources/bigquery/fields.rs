//! What of a payload is read: the parts that contributions are made of.

/// How a part of a payload is asked for, and what it is in an event again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A number or a text.
    Scalar,
    /// True or false.
    Flag,
    /// What is an object, but once was a bare number.
    BareNumber,
    /// An object of which it only matters that it is there.
    Present,
    /// A list, with all that is in it.
    List,
}

/// A part of a payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Where it is, from the payload down.
    pub(super) path: &'static [&'static str],
    pub(super) form: Form,
}

const fn field(path: &'static [&'static str], form: Form) -> Field {
    Field { path, form }
}

/// The parts; those that an object once was in place of come before its own.
pub(super) const FIELDS: &[Field] = &[
    field(&["action"], Form::Scalar),
    field(&["number"], Form::Scalar),
    field(&["push_id"], Form::Scalar),
    field(&["size"], Form::Scalar),
    field(&["distinct_size"], Form::Scalar),
    field(&["head"], Form::Scalar),
    field(&["before"], Form::Scalar),
    field(&["commits"], Form::List),
    field(&["shas"], Form::List),
    field(&["pages"], Form::List),
    field(&["pull_request", "id"], Form::Scalar),
    field(&["pull_request", "number"], Form::Scalar),
    field(&["pull_request", "user", "id"], Form::Scalar),
    field(&["pull_request", "user", "login"], Form::Scalar),
    field(&["pull_request", "user", "type"], Form::Scalar),
    field(&["pull_request", "merged"], Form::Flag),
    field(&["pull_request", "merged_at"], Form::Scalar),
    field(&["pull_request", "closed_at"], Form::Scalar),
    field(&["pull_request", "merge_commit_sha"], Form::Scalar),
    field(&["pull_request", "additions"], Form::Scalar),
    field(&["pull_request", "deletions"], Form::Scalar),
    field(&["issue"], Form::BareNumber),
    field(&["issue", "id"], Form::Scalar),
    field(&["issue", "number"], Form::Scalar),
    field(&["issue", "user", "id"], Form::Scalar),
    field(&["issue", "user", "login"], Form::Scalar),
    field(&["issue", "user", "type"], Form::Scalar),
    field(&["issue", "closed_at"], Form::Scalar),
    field(&["issue", "pull_request"], Form::Present),
    field(&["comment_id"], Form::Scalar),
    field(&["comment", "id"], Form::Scalar),
    field(&["comment", "user", "id"], Form::Scalar),
    field(&["comment", "user", "login"], Form::Scalar),
    field(&["comment", "user", "type"], Form::Scalar),
    field(&["review", "id"], Form::Scalar),
    field(&["review", "user", "id"], Form::Scalar),
    field(&["review", "user", "login"], Form::Scalar),
    field(&["review", "user", "type"], Form::Scalar),
    field(&["release", "id"], Form::Scalar),
    field(&["release", "author", "id"], Form::Scalar),
    field(&["release", "author", "login"], Form::Scalar),
    field(&["release", "author", "type"], Form::Scalar),
    field(&["discussion", "id"], Form::Scalar),
    field(&["forkee"], Form::BareNumber),
    field(&["forkee", "id"], Form::Scalar),
];

impl Field {
    /// Its column in the query, such as `pull_request__user__id`.
    pub(super) fn column(&self) -> String {
        self.path.join("__")
    }

    /// The expression that reads it.
    pub(super) fn expression(&self) -> String {
        let path = self.path.join(".");
        match self.form {
            Form::Scalar | Form::Flag | Form::BareNumber => {
                format!("JSON_VALUE(payload, '$.{path}')")
            }
            Form::Present => format!("IF(JSON_QUERY(payload, '$.{path}') IS NULL, NULL, 'true')"),
            Form::List => format!("JSON_QUERY(payload, '$.{path}')"),
        }
    }
}
