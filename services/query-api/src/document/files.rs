//! What the document says of every file of a board.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{OpenApi as Description, RefOr};

use super::describe_problems;
use crate::handlers::board_files::{BOARD_COVERAGE, BOARD_MEMBERS, BOARD_META, BOARD_VERSION};

/// How the addresses of files of boards end.
const FILE: &str = "/{file}";

/// What is answered while no more files can be written.
const BUSY: [(&str, &str); 1] = [(
    "503",
    "The data cannot be reached in time, or as many files as there may be are being written.",
)];

/// Says of every file of a board what its headers tell of it, and when it cannot be
/// written.
pub(crate) fn describe_files(document: &mut Description) {
    let files = document.paths.paths.iter_mut();
    let files = files.filter(|(path, _)| path.ends_with(FILE));
    for operation in files.filter_map(|(_, item)| item.get.as_mut()) {
        describe_problems(operation, &BUSY);
        if let Some(RefOr::T(whole)) = operation.responses.responses.get_mut("200") {
            let headers = headers().into_iter();
            whole
                .headers
                .extend(headers.map(|(name, header)| (name, RefOr::T(header))));
        }
    }
}

fn headers() -> [(String, Header); 4] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let count = || {
        let count = ObjectBuilder::new().schema_type(Type::Integer);
        count.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
    };
    [
        (
            BOARD_VERSION,
            count(),
            "The last sequence of the log that is counted.",
        ),
        (BOARD_MEMBERS, count(), "How many rows there are."),
        (
            BOARD_COVERAGE,
            text(),
            "How completely the period was seen: `complete`, `unknown`, `partial` or `missing`.",
        ),
        (
            BOARD_META,
            text(),
            "All that `meta` says on a page of the board, as JSON of ASCII only.",
        ),
    ]
    .map(|(name, schema, description)| {
        let header = HeaderBuilder::new()
            .schema(Some(schema.build()))
            .description(Some(description));
        (name.to_string(), header.build())
    })
}
