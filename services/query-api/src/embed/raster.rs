//! Images as pixels: what shows links to others draws no SVG.
//!
//! Texts are drawn with the fonts that come with this program, whatever the system
//! has; they are of the widths that texts were cut to.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use crate::api::Api;
use crate::problem::Problem;

/// DejaVu Sans, plain and bold.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../../assets/fonts/DejaVuSans.ttf"),
    include_bytes!("../../assets/fonts/DejaVuSans-Bold.ttf"),
];

/// What they are called.
const FAMILY: &str = "DejaVu Sans";

static KNOWN_FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for font in FONTS {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// Why an image was not drawn.
#[derive(Debug, thiserror::Error)]
enum RasterError {
    #[error("the image cannot be read: {0}")]
    Unreadable(#[from] resvg::usvg::Error),
    #[error("the image is no text: {0}")]
    NoText(#[from] std::str::Utf8Error),
    #[error("an image of {0} by {1} pixels cannot be drawn")]
    Size(u32, u32),
    #[error("the pixels cannot be written: {0}")]
    Unwritable(String),
}

/// Draws an SVG as PNG, on a thread that may take its time; few at once, as it is all
/// reckoning.
pub(super) async fn pixels(api: &Api, image: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let turn = Arc::clone(api.drawings()).acquire_owned().await;
    let turn = turn.map_err(|error| Problem::internal(&error))?;
    let drawn = tokio::task::spawn_blocking(move || {
        let drawn = draw(&image);
        drop(turn);
        drawn
    });
    let drawn = drawn.await.map_err(|error| Problem::internal(&error))?;
    drawn.map_err(|error| Problem::internal(&error))
}

fn draw(image: &[u8]) -> Result<Vec<u8>, RasterError> {
    let options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::clone(&KNOWN_FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(std::str::from_utf8(image)?, &options)?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    let mut drawn = Pixmap::new(width, height).ok_or(RasterError::Size(width, height))?;
    resvg::render(&tree, Transform::identity(), &mut drawn.as_mut());
    let written = drawn.encode_png();
    written.map_err(|error| RasterError::Unwritable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pixels of an image are not of the colour of its first.
    fn marked(image: &str) -> usize {
        let drawn = Pixmap::decode_png(&draw(image.as_bytes()).unwrap()).unwrap();
        assert_eq!((drawn.width(), drawn.height()), (200, 40));
        let pixels = drawn.pixels();
        pixels.iter().filter(|pixel| **pixel != pixels[0]).count()
    }

    fn image_of(text: &str, class: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\">\
             <style>text{{font-family:system-ui,sans-serif;font-size:20px}}\
             .bold{{font-weight:700}}</style><rect width=\"200\" height=\"40\" fill=\"#fff\"/>\
             <text class=\"{class}\" x=\"10\" y=\"28\">{text}</text></svg>"
        )
    }

    #[test]
    fn texts_are_drawn_with_fonts_of_our_own() {
        assert_eq!(marked(&image_of("", "plain")), 0);
        let plain = marked(&image_of("octocat", "plain"));
        assert!(plain > 300, "{plain} pixels of a text are drawn");
        let bold = marked(&image_of("octocat", "bold"));
        assert!(bold > plain, "{bold} pixels are bold, {plain} are not");
        for name in ["Ærøskøbing", "Ωμέγα", "Привет", "ünïcödé"] {
            assert!(marked(&image_of(name, "plain")) > 300, "{name}");
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        assert!(draw(b"<svg").is_err());
        assert!(draw(b"\xff").is_err());
    }
}
