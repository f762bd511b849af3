//! Images of companies, and of one company's people.

use decisions::counting::set_affiliations;
use domain::{AccountReference, Affiliation};
use reqwest::StatusCode;

use super::image::{image, texts};
use super::names::{encoded, world};
use crate::pages::author;
use crate::world::World;

/// A company as nobody should call theirs.
const COMPANY: &str = "Octo & <Co>";

/// The world, in which two of the accounts worked for the company.
async fn with_a_company() -> World {
    let world = world().await;
    let author = author("a test", "2024-03-01T00:00:00Z".parse().unwrap());
    for account in [109, 110].map(AccountReference::from_id) {
        let worked = Affiliation {
            from: None,
            until: None,
            company: COMPANY.to_owned(),
        };
        set_affiliations(world.log(), &account, vec![worked], &author)
            .await
            .unwrap();
    }
    world.project().await;
    world
        .until("the API has heard of the company", async || {
            let known = world.get("/api/v1/leaderboards/global/companies").await;
            known["meta"]["members"] == 1
        })
        .await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn one_company_is_drawn_as_everybody_is() {
    let world = with_a_company().await;
    let company = encoded(COMPANY);
    let drawn = async |path: String| {
        let (status, drawn) = image(&world, &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        texts(&drawn)
    };
    let board = drawn(format!("/embed/board.svg?company={company}")).await;
    assert_eq!(board[0], COMPANY);
    assert!(board.contains(&"plain-login".to_owned()), "{board:?}");
    assert!(
        !board.iter().any(|text| text.contains("alert")),
        "{board:?}"
    );
    let badge = drawn(format!("/embed/badge.svg?company={company}&org=octo")).await;
    assert_eq!(badge, ["Octo & <Co> in octo", "2 people"]);
    let card = drawn(format!("/embed/share.svg?company={company}")).await;
    assert_eq!(card[1], COMPANY);
    let companies = drawn("/embed/companies.svg".to_owned()).await;
    assert!(companies.contains(&COMPANY.to_owned()), "{companies:?}");
    let foot = companies
        .iter()
        .find(|text| text.starts_with("1 company · "));
    assert!(foot.is_some(), "{companies:?}");

    for (path, status, told) in [
        (
            "/embed/board.svg?company=Nowhere".to_owned(),
            StatusCode::NOT_FOUND,
            "Nobody is known to have worked for",
        ),
        (
            format!("/embed/badge.svg?login=plain-login&company={company}"),
            StatusCode::BAD_REQUEST,
            "leave it out where a login is",
        ),
    ] {
        let (found, drawn) = image(&world, &path).await;
        assert_eq!(found, status, "{path}");
        let shown = texts(&drawn).join(" ");
        assert!(shown.contains(told), "{path}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_companies_show_what_to_paste() {
    let world = with_a_company().await;
    let company = "company=Octo%20%26%20%3CCo%3E";
    for (page, address) in [
        (
            format!("/?{company}"),
            format!("/embed/board.svg?{company}"),
        ),
        ("/companies".to_owned(), "/embed/companies.svg".to_owned()),
        (
            "/organizations/octo/companies?period=2024-02".to_owned(),
            "/embed/companies.svg?org=octo&#38;period=2024-02".to_owned(),
        ),
    ] {
        let (status, text) = world.text(&page).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let link = format!("](https://board.example{address})](https://board.example{page}");
        assert!(text.contains(&link), "{link} is not in {text}");
        let (status, _) = image(&world, &address.replace("&#38;", "&")).await;
        assert_eq!(status, StatusCode::OK, "{address}");
    }
}
