//! Prints the OpenAPI document: `cargo run -p query-api --example openapi >
//! docs/openapi.json`.

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&query_api::openapi())?);
    Ok(())
}
