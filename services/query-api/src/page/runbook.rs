//! The runbook, as it is written beside the code.

use std::sync::LazyLock;

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{Layout, render};
use crate::handlers::SharedApi;
use crate::problem::Problem;

/// What it is made from; only what the project itself wrote is not escaped.
const RUNBOOK: &str = include_str!("../../../../docs/runbook.md");

static WRITTEN: LazyLock<Written> = LazyLock::new(|| write(RUNBOOK));

/// The text as HTML, and its sections.
struct Written {
    html: String,
    sections: Vec<String>,
}

#[derive(Template)]
#[template(path = "runbook.html")]
struct RunbookPage {
    layout: Layout,
    text: &'static str,
    /// The name of each section, and where it is.
    sections: Vec<(&'static str, String)>,
}

/// Where a section of the runbook is.
pub(crate) fn section(name: &str) -> String {
    format!("/runbook#{}", anchor(name))
}

/// Addresses within the text are what GitHub makes of its headings.
fn anchor(heading: &str) -> String {
    let words = heading.to_lowercase();
    words.replace(' ', "-")
}

pub(crate) async fn show_runbook(api: SharedApi) -> Result<Response, Problem> {
    let description = "What each alert means, how to look, and what to do.";
    let mut layout = Layout::new(&api, "Runbook", description);
    layout.active = "runbook";
    let page = RunbookPage {
        layout,
        text: &WRITTEN.html,
        sections: WRITTEN
            .sections
            .iter()
            .map(|name| (name.as_str(), format!("#{}", anchor(name))))
            .collect(),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, render(&page)?).into_response())
}

/// Writes Markdown as HTML.
fn write(markdown: &str) -> Written {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(reachable);
    let mut events = without_title(without_dead_links(events.collect()));
    let sections = name_headings(&mut events);
    let mut html = String::new();
    html::push_html(&mut html, events.into_iter());
    Written { html, sections }
}

/// Code that is wider than the page is scrolled by keyboard, too.
fn reachable(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::CodeBlock(_)) => Event::Html("<pre tabindex=\"0\"><code>".into()),
        Event::End(TagEnd::CodeBlock) => Event::Html("</code></pre>\n".into()),
        event => event,
    }
}

/// Links to documents that are not served here become plain text.
fn without_dead_links(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let is_served = |address: &str| address.starts_with("https://") || address.starts_with('#');
    let mut is_dead = false;
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        match &event {
            Event::Start(Tag::Link { dest_url, .. }) if !is_served(dest_url) => is_dead = true,
            Event::End(TagEnd::Link) if is_dead => is_dead = false,
            _ => kept.push(event),
        }
    }
    kept
}

/// The page has a title of its own.
fn without_title(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let ends = |event: &Event<'_>| *event == Event::End(TagEnd::Heading(HeadingLevel::H1));
    match events.iter().position(ends) {
        Some(end) => events.into_iter().skip(end + 1).collect(),
        None => events,
    }
}

/// Gives each heading its address; returns their texts.
fn name_headings(events: &mut [Event<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    for start in 0..events.len() {
        let (before, after) = events.split_at_mut(start + 1);
        let Some(Event::Start(Tag::Heading { id, .. })) = before.last_mut() else {
            continue;
        };
        let texts = after
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            });
        let name: String = texts.collect();
        *id = Some(anchor(&name).into());
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_an_address_and_no_link_leads_nowhere() {
        let written = write("# Title\n\n## How to look\n\nSee [x](x.md) and [y](#dead).\n");
        assert_eq!(written.sections, ["How to look"]);
        let expected = "<h2 id=\"how-to-look\">How to look</h2>\n\
                        <p>See x and <a href=\"#dead\">y</a>.</p>\n";
        assert_eq!(written.html, expected);
    }

    #[test]
    fn what_operations_lead_to_is_there() {
        for name in ["NoProjector", "JobFailed", "CircuitOpen", "DeadLetters"] {
            let id = format!("id=\"{}\"", name.to_lowercase());
            assert!(WRITTEN.html.contains(&id), "{name}");
        }
    }
}
