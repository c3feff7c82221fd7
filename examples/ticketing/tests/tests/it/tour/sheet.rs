//! One picture of many: all pages in one view, small, for people who want to see them at once.

use std::fmt::Write;
use std::path::Path;

use ticketing_tests::browser::{Browser, View};

/// How a sheet shows the pages of a view.
struct Layout {
    columns: u32,
    /// Of each picture, in pixels; what is longer is cut off below.
    width: u32,
    height: u32,
}

const GAP: u32 = 12;

impl Layout {
    const fn of(view: View) -> Self {
        if view.width < 600 {
            Self { columns: 8, width: 150, height: 300 }
        } else {
            Self { columns: 3, width: 420, height: 315 }
        }
    }

    const fn total(&self) -> u32 {
        self.columns * (self.width + GAP) + GAP
    }
}

/// Writes a sheet for each view into a folder, of the pictures that are in another.
#[track_caller]
pub(super) fn write(names: &[String], pictures: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder for the sheets");
    let browser = Browser::open();
    for view in View::ALL {
        let layout = Layout::of(view);
        let page = pictures.join(format!("sheet-{}.html", view.name()));
        std::fs::write(&page, html(names, view, &layout)).expect("the page of the sheet");
        let screen = View { width: layout.total(), ..view };
        browser.look(screen);
        browser.visit(&format!("file://{}", page.display()));
        let loaded =
            browser.run("return [...document.images].every((image) => image.naturalWidth)");
        assert_eq!(loaded, true, "a picture of {} is missing", view.name());
        browser.screenshot_of_all(screen, &folder.join(format!("{}.jpg", view.name())));
    }
}

fn html(names: &[String], view: View, layout: &Layout) -> String {
    let Layout { columns, width, height } = layout;
    let (paper, ink) = if view.dark { ("#000", "#ccc") } else { ("#d8d8d8", "#222") };
    let mut html = format!(
        "<!doctype html><meta charset=utf-8><style>
         body {{ margin: 0; padding: {GAP}px; background: {paper}; color: {ink};
                 display: grid; grid-template-columns: repeat({columns}, {width}px); gap: {GAP}px;
                 font: 11px sans-serif }}
         figure {{ margin: 0 }}
         img {{ display: block; width: {width}px; height: {height}px; object-fit: cover;
                object-position: top }}
         figcaption {{ margin-top: 3px; white-space: nowrap; overflow: hidden }}
         </style>"
    );
    for name in names {
        let file = format!("{name}-{}.png", view.name());
        // A String takes everything that is written.
        let _ = write!(html, "<figure><img src='{file}'><figcaption>{name}</figcaption></figure>");
    }
    html
}
