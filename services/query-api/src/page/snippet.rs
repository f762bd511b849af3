//! What to paste into a README, or into a page, to show an image of a board
//! there.

use askama::Template;
use chrono::NaiveDate;
use domain::{ClassFilter, Metric, Period, ROLLING_DAYS};

use crate::addresses::{path_segment, repository_path};
use crate::api::Api;
use crate::embed::text::visible;
use crate::page::words::period_words;
use crate::target::ScopeName;

/// An image, and how others show it.
pub(crate) struct Snippet {
    pub(crate) name: &'static str,
    /// Where the image is, for a look at it.
    pub(crate) image: String,
    /// The image in words.
    pub(crate) alt: String,
    pub(crate) markdown: String,
    pub(crate) html: String,
}

/// The images of a page.
pub(crate) struct Snippets {
    pub(crate) images: Vec<Snippet>,
    /// Whether this server knows its own address.
    pub(crate) absolute: bool,
}

/// A link with an image, as HTML.
#[derive(Template)]
#[template(
    source = r#"<a href="{{ page }}"><img src="{{ image }}" alt="{{ alt }}"></a>"#,
    ext = "html"
)]
struct Link<'a> {
    page: &'a str,
    image: &'a str,
    alt: &'a str,
}

/// What images are of.
pub(crate) struct Shown<'a> {
    pub(crate) scope: &'a ScopeName,
    /// What the scope is called now.
    pub(crate) name: &'a str,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: ClassFilter,
    /// Whose people only are on the board.
    pub(crate) company: Option<&'a str>,
    /// The page that images lead to.
    pub(crate) page: &'a str,
}

impl Shown<'_> {
    /// The images of a board.
    pub(crate) fn of_board(&self, api: &Api) -> Snippets {
        let (board, when) = (self.board_words(), period_words(self.period));
        let query = self.query("", api.now().date_naive());
        let contributors = format!("{board}: who contributes, {when}");
        let count = format!("{board}: contributors, {when}");
        Snippets::of(
            api,
            self.page,
            [
                ("Board", format!("/embed/board.svg{query}"), contributors),
                ("Badge", format!("/embed/badge.svg{query}"), count),
            ],
        )
    }

    /// The image of a board of companies.
    pub(crate) fn of_companies(&self, api: &Api) -> Snippets {
        let (board, when) = (self.board_words(), period_words(self.period));
        let query = self.query("", api.now().date_naive());
        let companies = format!("{board}: companies that people contribute for, {when}");
        let image = format!("/embed/companies.svg{query}");
        Snippets::of(api, self.page, [("Board", image, companies)])
    }

    /// The images of a contributor's place, asked for as `login`.
    pub(crate) fn of_place(&self, api: &Api, login: &str, called: &str) -> Snippets {
        let (board, when) = (self.board_words(), period_words(self.period));
        let query = self.query(login, api.now().date_naive());
        let alt = format!("{called}: rank in {board}, {when}");
        Snippets::of(
            api,
            self.page,
            [
                ("Badge", format!("/embed/badge.svg{query}"), alt.clone()),
                ("Card", format!("/embed/share.svg{query}"), alt),
            ],
        )
    }

    /// The image that is shown with a link to the page; of one contributor's place,
    /// where a login is given.
    pub(crate) fn share_image(&self, api: &Api, login: &str) -> String {
        let query = self.query(login, api.now().date_naive());
        format!("/embed/share.png{query}")
    }

    /// What the board is called in a sentence.
    fn board_words(&self) -> String {
        match (self.scope, self.company) {
            (ScopeName::Global, None) => "all repositories".to_owned(),
            (ScopeName::Global, Some(company)) => company.to_owned(),
            (_, None) => self.name.to_owned(),
            (_, Some(company)) => format!("{company} in {}", self.name),
        }
    }

    /// What images are asked for; what is the default is left out.
    fn query(&self, login: &str, today: NaiveDate) -> String {
        let mut pairs = Vec::new();
        match self.scope {
            ScopeName::Global => {}
            ScopeName::Repository(_) => pairs.push(format!("repo={}", repository_path(self.name))),
            ScopeName::Organization(_) => pairs.push(format!("org={}", path_segment(self.name))),
            ScopeName::Group(_) => pairs.push(format!("group={}", path_segment(self.name))),
        }
        if !login.is_empty() {
            pairs.push(format!("login={}", path_segment(login)));
        }
        if let Some(company) = self.company {
            pairs.push(format!("company={}", path_segment(company)));
        }
        if self.period != Period::All {
            pairs.push(format!("period={}", moving(self.period, today)));
        }
        if self.metric != Metric::Score {
            pairs.push(format!("metric={}", self.metric));
        }
        if self.class != ClassFilter::Human {
            pairs.push(format!("class={}", self.class.as_str()));
        }
        if pairs.is_empty() {
            return String::new();
        }
        format!("?{}", pairs.join("&"))
    }
}

impl Snippets {
    /// The images of a page: what each is called, where it is, and what it shows.
    pub(crate) fn of<const N: usize>(
        api: &Api,
        page: &str,
        images: [(&'static str, String, String); N],
    ) -> Self {
        let base = api.settings().public_url.as_deref().unwrap_or_default();
        let page = format!("{base}{page}");
        let snippet = |(name, image, alt): (&'static str, String, String)| {
            let address = format!("{base}{image}");
            let alt = visible(&alt);
            let link = Link {
                page: &page,
                image: &address,
                alt: &alt,
            };
            Snippet {
                name,
                markdown: format!("[![{}]({address})]({page})", escaped(&alt)),
                // It is put together from texts: nothing in it can fail.
                html: link.render().unwrap_or_default(),
                image,
                alt,
            }
        };
        Self {
            images: images.map(snippet).into(),
            absolute: !base.is_empty(),
        }
    }
}

/// Days up to today by their number, so that an image moves on with them.
pub(crate) fn moving(period: Period, today: NaiveDate) -> String {
    let is_it = |days: &u16| Period::rolling(*days, today) == Some(period);
    let window = ROLLING_DAYS.into_iter().find(is_it);
    window.map_or_else(|| period.to_string(), |days| format!("{days}d"))
}

/// A text in the brackets of Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\[]<>&*_`".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(scope: &'a ScopeName, name: &'a str, period: &str) -> Shown<'a> {
        Shown {
            scope,
            name,
            period: period.parse().unwrap(),
            metric: Metric::Score,
            class: ClassFilter::Human,
            company: None,
            page: "/",
        }
    }

    #[test]
    fn images_are_asked_for_as_pages_show_boards() {
        let today: NaiveDate = "2024-03-01".parse().unwrap();
        let query = |scope: &ScopeName, name: &str, period: &str| {
            shown(scope, name, period).query("", today)
        };
        assert_eq!(query(&ScopeName::Global, "global", "all"), "");
        let repository = ScopeName::Repository("rails/rails".to_owned());
        let month = query(&repository, "rails/rails", "2024-02");
        assert_eq!(month, "?repo=rails/rails&period=2024-02");
        let window = query(&repository, "rails/rails", "2024-02-03..2024-03-01");
        assert_eq!(window, "?repo=rails/rails&period=28d");
        let group = ScopeName::Group("web".to_owned());
        let mut bots = shown(&group, "web", "all");
        bots.class = ClassFilter::Bot;
        assert_eq!(bots.query("id:7", today), "?group=web&login=id:7&class=bot");
        bots.company = Some("Octo & Co");
        let people = bots.query("", today);
        assert_eq!(people, "?group=web&company=Octo%20%26%20Co&class=bot");
        assert_eq!(bots.board_words(), "Octo & Co in web");
    }

    #[test]
    fn brackets_and_marks_are_escaped() {
        assert_eq!(escaped("a]b[c_d`"), "a\\]b\\[c\\_d\\`");
        let link = Link {
            page: "/?a=1&b=2",
            image: "/embed/badge.svg",
            alt: "\"><script>",
        };
        let html = link.render().unwrap();
        assert!(
            !html.contains("<script>") && html.contains("a=1&#38;b=2"),
            "{html}"
        );
    }
}
