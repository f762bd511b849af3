//! What the document says of every file of a board.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, RefOr};

use super::describe_problems;
use crate::files::PARQUET;
use crate::handlers::board_files::{
    BOARD_COVERAGE, BOARD_FILES, BOARD_MEMBERS, BOARD_META, BOARD_VERSION,
};

/// How the addresses of files of boards end.
const FILE: &str = "/{file}";

/// What is answered while no more files can be written.
const BUSY: [(&str, &str); 1] = [(
    "503",
    "The data cannot be reached in time, or as many files as there may be are being written.",
)];

/// Says of every file of a board in which forms there are any, what the headers tell of
/// it, and when it cannot be written.
pub(crate) fn describe_files(document: &mut Description) {
    let files = document.paths.paths.iter_mut();
    let files = files.filter(|(path, _)| path.ends_with(FILE));
    for operation in files.filter_map(|(_, item)| item.get.as_mut()) {
        describe_problems(operation, &BUSY);
        if let Some(RefOr::T(whole)) = operation.responses.responses.get_mut("200") {
            describe_whole(whole);
        }
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && parameter.name == "file"
            {
                let described = ParameterBuilder::from(parameter.clone())
                    .description(Some("The form: a table, documents, or columns."))
                    .example(Some(BOARD_FILES[0].into()));
                *parameter = described.build();
            }
        }
    }
}

/// Says what a whole board has beside its documents, of which the handler knows what
/// they are.
fn describe_whole(whole: &mut Response) {
    let headers = headers().into_iter();
    whole
        .headers
        .extend(headers.map(|(name, header)| (name, RefOr::T(header))));
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let table = ContentBuilder::new()
        .schema(Some(Schema::Object(text)))
        .build();
    let byte = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(0_u32));
    let columns = ArrayBuilder::new().items(byte.build()).build();
    let columns = ContentBuilder::new()
        .schema(Some(Schema::Array(columns)))
        .build();
    whole.content.insert("text/csv".to_owned(), table.into());
    whole.content.insert(PARQUET.to_owned(), columns.into());
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
