//! Elements of a page.

use serde_json::{Value, json};

use super::Browser;
use crate::wait::{SOON, eventually};

/// An element that was found.
#[derive(Debug)]
pub struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl<'a> Element<'a> {
    pub(super) fn new(browser: &'a Browser, id: &str) -> Self {
        Self { browser, id: id.to_owned() }
    }

    /// Clicks it.
    #[track_caller]
    pub fn click(&self) {
        self.ask("POST", "click", &json!({}));
    }

    /// Clicks what leads to another page, and waits until this one has been left: before that, what
    /// is looked for would be found here.
    #[track_caller]
    pub fn click_and_leave(&self) {
        let page = self.browser.find("html");
        self.click();
        eventually("another page", SOON, || match page.try_text() {
            Some(text) => Err(text),
            None => Ok(()),
        });
    }

    /// Types into it.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.ask("POST", "value", &json!({"text": text}));
    }

    /// Empties it and types into it.
    #[track_caller]
    pub fn replace_text(&self, text: &str) {
        self.ask("POST", "clear", &json!({}));
        self.type_text(text);
    }

    /// The text that a reader sees in it.
    #[track_caller]
    #[must_use]
    pub fn text(&self) -> String {
        self.ask("GET", "text", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// As [`text`](Self::text); nothing if the page has changed meanwhile.
    #[must_use]
    pub fn try_text(&self) -> Option<String> {
        let path = format!("/element/{}/text", self.id);
        let text = self.browser.try_ask("GET", &path, &Value::Null).ok()?;
        text.as_str().map(str::to_owned)
    }

    /// An attribute as it is written, if it is.
    #[track_caller]
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let value = self.ask("GET", &format!("attribute/{name}"), &Value::Null);
        value.as_str().map(str::to_owned)
    }

    /// Left, top, width and height on the page in CSS pixels.
    #[track_caller]
    #[must_use]
    pub fn place(&self) -> [f64; 4] {
        let place = self.ask("GET", "rect", &Value::Null);
        ["x", "y", "width", "height"].map(|name| place[name].as_f64().unwrap_or_default())
    }

    #[track_caller]
    fn ask(&self, method: &str, what: &str, body: &Value) -> Value {
        self.browser.ask(method, &format!("/element/{}/{what}", self.id), body)
    }
}
