//! Cards as pixels, and what pages say of them to those who show links.

use reqwest::{Method, StatusCode};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

use super::image::{header, image};
use super::names::{REPOSITORY, REPOSITORY_PATH, encoded, world};
use crate::world::World;

async fn pixels(world: &World, path: &str) -> Pixmap {
    let response = world.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    assert_eq!(header(&response, "content-type"), "image/png");
    let policy = header(&response, "cross-origin-resource-policy");
    assert_eq!(policy, "cross-origin");
    let drawn = Pixmap::decode_png(&response.bytes().await.unwrap()).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (1_200, 630), "{path}");
    drawn
}

/// Pixels between two lines that are not of the ground, but for those at the edges.
fn marked(drawn: &Pixmap, from: u32, to: u32) -> usize {
    let ground: PremultipliedColorU8 = drawn.pixel(600, 20).unwrap();
    let within = (from..to).flat_map(|y| (10..1_190).map(move |x| (x, y)));
    within
        .filter(|(x, y)| drawn.pixel(*x, *y).unwrap() != ground)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_drawn_as_pixels() {
    let world = world().await;
    let repository = encoded(REPOSITORY);
    let board = pixels(&world, &format!("/embed/share.png?repo={repository}")).await;
    // The title and the rows, in a light that hangs on nobody's system.
    assert!(marked(&board, 110, 190) > 3_000, "the title is drawn");
    assert!(marked(&board, 280, 550) > 5_000, "the rows are drawn");
    assert_eq!(board.pixel(600, 20).unwrap().red(), 255);
    let dark = pixels(&world, "/embed/share.png?theme=dark").await;
    assert!(dark.pixel(600, 20).unwrap().red() < 60);
    let place = pixels(&world, "/embed/share.png?login=plain-login").await;
    assert!(place != dark && marked(&place, 270, 410) > 3_000);
    let names = "plain-login,id:100,id:104";
    let compared = pixels(&world, &format!("/embed/compare.png?names={names}")).await;
    assert!(marked(&compared, 280, 440) > 3_000);
    assert_eq!(marked(&compared, 470, 540), 0, "there are three rows");
    // It is kept as every answer is.
    let path = "/embed/share.png";
    let first = world.request(Method::GET, path).send().await.unwrap();
    let etag = header(&first, "etag").to_owned();
    assert!(header(&first, "cache-control").contains("max-age=5"));
    let hits = world.metric("board_cache_hits_total").await;
    pixels(&world, path).await;
    assert_eq!(world.metric("board_cache_hits_total").await, hits + 1);
    let known = world
        .request(Method::GET, path)
        .header("if-none-match", etag);
    assert_eq!(
        known.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    // What is wrong is told as of other images.
    for (path, status) in [
        ("/embed/share.png?login=nobody", StatusCode::NOT_FOUND),
        ("/embed/compare.png", StatusCode::BAD_REQUEST),
        ("/embed/compare.png?names=a,b&of=x", StatusCode::BAD_REQUEST),
        (
            "/embed/compare.png?names=no/such&of=repositories",
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(image(&world, path).await.0, status, "{path}");
    }
}

/// The content of a tag of a page's head.
fn said(page: &str, name: &str) -> String {
    for attribute in ["property", "name"] {
        let before = format!("<meta {attribute}=\"{name}\" content=\"");
        if let Some((_, rest)) = page.split_once(&before) {
            return rest.split('"').next().unwrap().to_owned();
        }
    }
    panic!("{name} is not said in {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_tell_those_who_show_links_what_to_show() {
    let world = world().await;
    let site = "https://board.example";
    let repository = format!("/repositories/{REPOSITORY_PATH}");
    for (asked, address, image) in [
        ("/?limit=5&utm_source=x", "/", "/embed/share.png"),
        (
            "/?period=2024-02&kind=comment",
            "/?period=2024-02&kind=comment",
            "/embed/share.png?period=2024-02&metric=comment",
        ),
        (
            repository.as_str(),
            repository.as_str(),
            &format!("/embed/share.png?repo={REPOSITORY_PATH}"),
        ),
        (
            "/contributors/plain-login",
            "/contributors/plain-login",
            "/embed/share.png?login=plain-login",
        ),
        (
            "/compare?name=plain-login&name=id:105",
            "/compare?name=plain-login&name=id:105",
            "",
        ),
    ] {
        let (status, page) = world.text(asked).await;
        assert_eq!(status, StatusCode::OK, "{asked}");
        let own = format!("{site}{}", address.replace('&', "&#38;"));
        assert_eq!(said(&page, "og:url"), own, "{asked}");
        let canonical = format!("<link rel=\"canonical\" href=\"{own}\">");
        assert!(page.contains(&canonical), "{asked}: {page}");
        let title = page.split_once("<title>").unwrap().1;
        assert!(
            title.starts_with(&said(&page, "og:title")),
            "{asked}: {title}"
        );
        assert_eq!(said(&page, "og:description"), said(&page, "description"));
        assert_eq!(said(&page, "twitter:card"), "summary_large_image");
        assert_eq!(said(&page, "og:image:width"), "1200");
        assert_eq!(said(&page, "og:image:height"), "630");
        assert!(!said(&page, "og:image:alt").is_empty());
        let shown = said(&page, "og:image");
        let path = shown.strip_prefix(site).unwrap().replace("&#38;", "&");
        assert!(image.is_empty() || path == image, "{asked}: {path}");
        pixels(&world, &path).await;
    }
    // Of one company's people, and of what was known once, there are no images.
    let (_, page) = world.text("/companies").await;
    assert_eq!(said(&page, "twitter:card"), "summary");
    assert!(!page.contains("og:image"), "{page}");
    let (_, page) = world.text("/coverage").await;
    assert!(!page.contains("og:"), "{page}");
}
