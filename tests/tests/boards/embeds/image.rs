//! Reading images, and holding that they are inert.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, Response, StatusCode};
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

use crate::world::World;

const SVG: &str = "http://www.w3.org/2000/svg";

pub(super) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// An answer that is an image: its status, and the image, which is well-formed,
/// follows its own style alone, and loads and runs nothing.
pub(super) async fn image_of(response: Response) -> (StatusCode, String) {
    assert_eq!(header(&response, "content-type"), "image/svg+xml");
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(policy.contains("sandbox") && !policy.contains("unsafe"));
    assert_eq!(
        header(&response, "cross-origin-resource-policy"),
        "cross-origin"
    );
    let status = response.status();
    let text = response.text().await.unwrap();
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    for element in document.descendants().filter(Node::is_element) {
        check(&element, &policy);
    }
    (status, text)
}

pub(super) fn check(element: &Node<'_, '_>, policy: &str) {
    let name = element.tag_name();
    assert_eq!(name.namespace(), Some(SVG));
    let drawn = [
        "svg", "title", "style", "rect", "text", "tspan", "path", "g", "clipPath",
    ];
    assert!(drawn.contains(&name.name()), "{name:?}");
    for attribute in element.attributes() {
        let name = attribute.name();
        assert!(!name.starts_with("on") && name != "href", "{name}");
        let refers = attribute.value().contains("url(");
        assert!(!refers || attribute.value() == "url(#r)", "{attribute:?}");
    }
    if name.name() == "style" {
        let style = element.text().unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"));
        let digest = BASE64_STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&format!("'sha256-{digest}'")), "{policy}");
    }
}

pub(super) async fn image(world: &World, path: &str) -> (StatusCode, String) {
    let response = world.request(Method::GET, path).send().await.unwrap();
    image_of(response).await
}

/// The texts of an image, in order.
pub(super) fn texts(image: &str) -> Vec<String> {
    let document = Document::parse(image).unwrap();
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| {
            let parts = node.descendants().filter(Node::is_text);
            parts.filter_map(|part| part.text()).collect::<String>()
        });
    texts.collect()
}

pub(super) fn width(image: &str) -> u32 {
    let document = Document::parse(image).unwrap();
    let width = document.root_element().attribute("width").unwrap();
    width.parse().unwrap()
}
