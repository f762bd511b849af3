//! How images look, in the light and in the dark, and what browsers may do
//! with them.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// In which light an image is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the reader's system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

/// What does not hang on the light. Fonts are those of the reader's system:
/// nothing is loaded.
const SHAPES: &str = "\
text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',Verdana,Arial,sans-serif;font-size:13px}\
.end{text-anchor:end}.title{font-size:16px;font-weight:700}.small{font-size:11px}.who{font-weight:600}\
.badge{font-family:Verdana,'DejaVu Sans',Geneva,sans-serif;font-size:11px}\
.middling{font-size:22px}.large{font-size:30px}.huge{font-size:60px;font-weight:700}.largest{font-size:150px;font-weight:700}";

/// The colours of the pages ([`assets/page.css`]), by what they are of.
const LIGHT: &str = "\
.ground{fill:#fff;stroke:#e2e2dd}.line{stroke:#eeeeea}.ink{fill:#1b1f24}.soft{fill:#565d66}\
.mark{fill:#0b6b63}.wrong{fill:#b3261e}.label{fill:#4a5159}.on-label{fill:#fff}\
.message{fill:#0b6b63}.on-message{fill:#fff}.failure{fill:#b3261e}.on-failure{fill:#fff}\
.track{fill:#f1f1ee}.c-commits{fill:#2f6fd6}.c-merged{fill:#7247c4}.c-opened{fill:#b9a2ea}\
.c-reviews{fill:#0f8f7a}.c-issues{fill:#d9822b}.c-comments{fill:#8793a3}.c-releases{fill:#c93a66}";

const DARK: &str = "\
.ground{fill:#191d21;stroke:#2d343a}.line{stroke:#242a2f}.ink{fill:#e8eaec}.soft{fill:#a3abb4}\
.mark{fill:#5fd0bf}.wrong{fill:#ff9c93}.label{fill:#343c43}.on-label{fill:#e8eaec}\
.message{fill:#5fd0bf}.on-message{fill:#08211e}.failure{fill:#ff9c93}.on-failure{fill:#3c1b19}\
.track{fill:#22272c}.c-commits{fill:#6ba1f5}.c-merged{fill:#a585ea}.c-opened{fill:#7b68b5}\
.c-reviews{fill:#3fc0a8}.c-issues{fill:#eba55c}.c-comments{fill:#7d8896}.c-releases{fill:#ec6f95}";

/// A style sheet, and the policy under which it and nothing else is followed.
struct Style {
    text: String,
    policy: HeaderValue,
}

impl Style {
    fn of(text: String) -> Self {
        // It is known by its digest: no other style is followed, no script is
        // run, and nothing is loaded from anywhere.
        let digest = BASE64_STANDARD.encode(Sha256::digest(&text));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'; sandbox"
        );
        Self {
            text,
            // Letters and digits are always a header's value.
            policy: HeaderValue::try_from(policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'; sandbox")),
        }
    }
}

static STYLES: LazyLock<[Style; 3]> = LazyLock::new(|| {
    let auto = format!("{SHAPES}{LIGHT}@media(prefers-color-scheme:dark){{{DARK}}}");
    [auto, format!("{SHAPES}{LIGHT}"), format!("{SHAPES}{DARK}")].map(Style::of)
});

impl Theme {
    /// Every theme.
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the `theme` parameter; an empty one is the reader's.
    pub(crate) fn read(given: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|theme| theme.as_str() == given);
        match known {
            Some(theme) => Ok(theme),
            None if given.is_empty() => Ok(Self::default()),
            None => Err(Problem::parameter(
                "theme",
                given,
                "use auto, light or dark",
            )),
        }
    }

    /// The theme of what is looked at in no reader's light.
    pub(super) fn in_the_light(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            chosen => chosen,
        }
    }

    fn place(self) -> usize {
        match self {
            Self::Auto => 0,
            Self::Light => 1,
            Self::Dark => 2,
        }
    }

    /// Its style sheet, which stands in the image.
    pub(crate) fn style(self) -> &'static str {
        &STYLES[self.place()].text
    }

    /// What a browser may do with an image in it: follow its style.
    pub(crate) fn policy(self) -> HeaderValue {
        STYLES[self.place()].policy.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::bar::GROUPS;

    #[test]
    fn every_colour_is_there_in_the_light_and_in_the_dark() {
        let classes = |text: &str| {
            let rules = text.split('.').filter_map(|rule| rule.split_once('{'));
            rules.map(|(class, _)| class.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(classes(LIGHT), classes(DARK));
        for group in GROUPS {
            let class = format!("c-{}", group.colour);
            assert!(classes(LIGHT).contains(&class), "{class}");
        }
    }

    #[test]
    fn themes_are_read_and_their_policies_differ() {
        for theme in Theme::ALL {
            assert_eq!(Theme::read(theme.as_str()).unwrap(), theme);
            let policy = theme.policy().to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
        assert_eq!(Theme::read("").unwrap(), Theme::Auto);
        let problem = Theme::read("sepia").unwrap_err();
        assert_eq!(problem.parameter.as_deref(), Some("theme"));
        assert_ne!(Theme::Auto.policy(), Theme::Dark.policy());
    }
}
