//! Responses that are sent again.

use std::io::Read;

use flate2::read::GzDecoder;
use query_api::Settings;
use reqwest::{Method, Response, StatusCode};
use tests::{events_of, generated_documents};

use crate::world::World;

const PATH: &str = "/api/v1/leaderboards/global?limit=20";
const HITS: &str = "board_cache_hits_total";

async fn ask(world: &World, method: Method, headers: &[(&str, &str)]) -> Response {
    let request = world.request(method, PATH);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.send().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_what_was_sent_until_the_data_changes() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(13, 400).unwrap()).unwrap();
    let (first, rest) = events.split_at(events.len() / 2);
    let mut before = String::new();
    for part in [first, rest] {
        world.tell(part).await;
        let plain = ask(&world, Method::GET, &[]).await;
        let (etag, id) = (header(&plain, "etag"), header(&plain, "x-request-id"));
        let body = plain.text().await.unwrap();
        assert_ne!(body, before, "the data has changed");

        let hits = world.metric(HITS).await;
        let again = ask(&world, Method::GET, &[]).await;
        assert_eq!(header(&again, "etag"), etag);
        assert_ne!(
            header(&again, "x-request-id"),
            id,
            "each request has its own"
        );
        assert_eq!(header(&again, "access-control-allow-origin"), "*");
        assert_eq!(header(&again, "x-content-type-options"), "nosniff");
        assert_eq!(again.text().await.unwrap(), body);
        assert_eq!(world.metric(HITS).await, hits + 1);

        for _ in 0..2 {
            let compressed = ask(&world, Method::GET, &[("accept-encoding", "gzip")]).await;
            assert_eq!(header(&compressed, "content-encoding"), "gzip");
            assert!(header(&compressed, "vary").contains("accept-encoding"));
            assert_eq!(header(&compressed, "etag"), etag);
            let bytes = compressed.bytes().await.unwrap();
            let mut text = String::new();
            GzDecoder::new(bytes.as_ref())
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, body);
        }

        let known = ask(&world, Method::GET, &[("if-none-match", &etag)]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header(&known, "etag"), etag);
        assert!(known.bytes().await.unwrap().is_empty());

        let traced = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let traced = ask(&world, Method::GET, &[("traceparent", traced)]).await;
        assert_eq!(traced.text().await.unwrap(), body);
        let head = ask(&world, Method::HEAD, &[]).await;
        assert_eq!(
            (head.status(), header(&head, "etag")),
            (StatusCode::OK, etag)
        );
        assert!(head.bytes().await.unwrap().is_empty());
        before = body;
    }
}
