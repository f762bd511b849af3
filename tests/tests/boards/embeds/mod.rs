//! Images for READMEs: they show the boards, follow the data, load and run
//! nothing, and whatever logins and names look like stays text.

mod companies;
mod image;
mod names;
mod pixels;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tests::{events_of, generated_documents};

use self::image::{header, image, image_of, texts, width};
use self::names::{REPOSITORY, REPOSITORY_PATH, encoded, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_drawn_in_order_whatever_its_names_are() {
    let world = world().await;
    let of_repository = format!("repo={}", encoded(REPOSITORY));
    let path = format!("/embed/board.svg?{of_repository}&class=everyone&limit=25");
    let (status, board) = image(&world, &path).await;
    assert_eq!(status, StatusCode::OK);
    let shown = texts(&board);
    assert!(
        REPOSITORY.starts_with(shown[0].trim_end_matches('…')),
        "{shown:?}"
    );
    assert!(
        shown
            .iter()
            .any(|text| text == "Made up: <none> of it happened")
    );
    // Logins stand in the order of the board, each as text, cut where it is long.
    let beginnings = [
        "<script>alert(1)</script",
        "\"/><image href=",
        "]]><!--",
        "&#x3c;style&#x3e;",
        "tac",
        "[31mred",
        "z\u{301}",
        "wwwwwwwwww",
        "mmmmmmmmmm",
        "漢字かな",
        "plain-login",
    ];
    let places: Vec<usize> = beginnings
        .iter()
        .map(|beginning| {
            let place = shown.iter().position(|text| text.starts_with(beginning));
            place.unwrap_or_else(|| panic!("{beginning}: {shown:?}"))
        })
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(shown[places[8]].ends_with('…') && shown[places[8]].chars().count() < 40);
    assert!(!board.contains('\u{202e}') && !board.contains('\u{1b}'));

    // As wide as its logins need, and never wider than a README.
    let (_, short) = image(&world, "/embed/board.svg?class=bot").await;
    assert!(
        texts(&short)
            .iter()
            .any(|text| text.contains("No bot is on this board"))
    );
    assert!(width(&short) < width(&board) && width(&board) < 700);
    let (_, one) = image(&world, &format!("{path}&period=2024-02-29&metric=comment")).await;
    let rows = texts(&one);
    assert!(
        rows.contains(&"11".to_owned()),
        "a number, and no points: {rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_and_cards_tell_places_and_numbers() {
    let world = world().await;
    let repository = encoded(REPOSITORY);
    let ask = async |path: String| {
        let (status, image) = image(&world, &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        (texts(&image), width(&image))
    };
    let (badge, _) = ask("/embed/badge.svg?login=plain-login".to_owned()).await;
    assert_eq!(badge, ["plain-login · leaderboard", "#11 of 11"]);
    let path = format!("/embed/badge.svg?login=ID&repo={repository}&period=2024-02");
    let (badge, narrow) = ask(path.replace("ID", "id:100")).await;
    assert!(badge[0].starts_with("<script>alert"), "{badge:?}");
    assert_eq!(badge[1], "#1 of 11 · February 2024");
    let (_, wide) = ask(path.replace("ID", "id:108")).await;
    assert!(narrow < wide && wide < 850);
    let (badge, _) = ask(format!("/embed/badge.svg?repo={repository}&class=everyone")).await;
    assert_eq!(badge[1], "11 contributors");
    let (badge, _) = ask("/embed/badge.svg?login=plain-login&class=bot".to_owned()).await;
    assert_eq!(badge[1], "not on this board");

    let (card, size) = ask("/embed/share.svg".to_owned()).await;
    assert_eq!(size, 1_200);
    assert_eq!(card[1], "All repositories");
    assert!(card.contains(&"33 points".to_owned()), "{card:?}");
    let (card, _) = ask("/embed/share.svg?login=plain-login&theme=dark".to_owned()).await;
    for text in [
        "plain-login",
        "#11",
        "of 11 people, level with or ahead of 9.09 % of them",
        "3.000 points",
    ] {
        assert!(card.contains(&text.to_owned()), "{text}: {card:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_follow_the_data_and_are_sent_again_until_it_changes() {
    let mut world = world().await;
    let path = "/embed/board.svg?theme=light";
    let first = world.request(Method::GET, path).send().await.unwrap();
    let etag = header(&first, "etag").to_owned();
    assert!(header(&first, "cache-control").contains("max-age=5"));
    let (_, before) = image_of(first).await;
    let hits = world.metric("board_cache_hits_total").await;
    let again = world.request(Method::GET, path).send().await.unwrap();
    assert_eq!(header(&again, "etag"), etag);
    assert_eq!(image_of(again).await.1, before);
    assert_eq!(world.metric("board_cache_hits_total").await, hits + 1);
    let known = world
        .request(Method::GET, path)
        .header("if-none-match", &etag);
    let known = known.send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert!(known.headers().contains_key("content-security-policy"));

    // Each theme is an image of its own.
    let (_, dark) = image(&world, "/embed/board.svg?theme=dark").await;
    let (_, auto) = image(&world, "/embed/board.svg").await;
    assert!(dark != before && !dark.contains("@media") && !before.contains("@media"));
    assert!(auto.contains("@media(prefers-color-scheme:dark)"));

    world
        .tell(&events_of(&generated_documents(13, 200).unwrap()).unwrap())
        .await;
    let changed = world
        .request(Method::GET, path)
        .header("if-none-match", &etag);
    let changed = changed.send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(image_of(changed).await.1, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_told_in_an_image() {
    let world = world().await;
    for (path, status, told) in [
        (
            "/embed/board.svg?repo=no/such",
            404,
            "No repository called \"no/such\"",
        ),
        ("/embed/board.svg?org=%3Cscript%3E", 404, "<script>"),
        (
            "/embed/board.svg?group=nobody",
            404,
            "No group called \"nobody\"",
        ),
        (
            "/embed/share.svg?login=nobody",
            404,
            "No contributor called \"nobody\"",
        ),
        (
            "/embed/badge.svg?login=nobody",
            404,
            "No contributor called \"nobody\"",
        ),
        (
            "/embed/badge.svg?period=yesterday",
            400,
            "period is \"yesterday\"",
        ),
    ] {
        let (found, drawn) = image(&world, path).await;
        assert_eq!(found, StatusCode::from_u16(status).unwrap(), "{path}");
        let shown = texts(&drawn).join(" ");
        assert!(shown.contains(told), "{path}: {shown}");
    }
    let asked = world
        .request(Method::GET, "/embed/board.svg?repo=no/such")
        .header("accept", "application/json");
    let problem: Value = asked.send().await.unwrap().json().await.unwrap();
    assert_eq!(problem["status"], 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_to_paste() {
    let world = world().await;
    let page = format!("/repositories/{REPOSITORY_PATH}?period=2024-02");
    let (status, board) = world.text(&page).await;
    assert_eq!(status, StatusCode::OK, "{board}");
    let shown = format!("/embed/board.svg?repo={REPOSITORY_PATH}&#38;period=2024-02");
    assert!(board.contains(&format!("src=\"{shown}\"")), "{board}");
    let link = format!("](https://board.example{shown})](https://board.example{page}");
    assert!(board.contains(&link), "{board}");
    // What is to be pasted as HTML is text on the page.
    assert!(board.contains("&#60;img src=&#34;https://board.example/embed/"));
    assert!(!board.contains("<b>"), "{board}");

    let (status, contributor) = world.text("/contributors/plain-login").await;
    assert_eq!(status, StatusCode::OK);
    assert!(contributor.contains("src=\"/embed/badge.svg?login=plain-login\""));
    let markdown = "[![plain-login: rank in all repositories, All time]";
    assert!(contributor.contains(markdown), "{contributor}");

    // Those who were asked for by id are so in the image, too.
    let compared = "/compare?name=plain-login&name=id:109&period=2024-02";
    let (status, page) = world.text(compared).await;
    assert_eq!(status, StatusCode::OK);
    let address = "/embed/compare.svg?names=plain-login%2Cid:109&#38;period=2024-02";
    assert!(page.contains(&format!("src=\"{address}\"")), "{page}");
    let link = format!("](https://board.example{address})](https://board.example/compare?name=");
    assert!(page.contains(&link), "{page}");
    let (status, card) = image::image(&world, &address.replace("&#38;", "&")).await;
    assert_eq!(status, StatusCode::OK);
    let shown = texts(&card);
    assert!(shown.contains(&"3 points".to_owned()), "{shown:?}");
    assert!(shown.contains(&"Contributors side by side · February 2024".to_owned()));
}
