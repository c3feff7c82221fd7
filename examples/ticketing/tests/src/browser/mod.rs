//! A headless Chromium, driven over the WebDriver protocol: JSON over HTTP, which the client of
//! this crate speaks as well as any.

mod driver;
mod element;
mod view;

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::driver::Driver;
pub use self::element::Element;
pub use self::view::View;
use crate::wait::{SOON, eventually};

/// The name under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser window with a fresh profile. Closed when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    session: String,
    // Held so long as the browser writes to it.
    _profile: TempDir,
}

impl Browser {
    /// Opens a window.
    #[track_caller]
    #[must_use]
    pub fn open() -> Self {
        Self::with_preferences(&json!({}))
    }

    /// Opens a window that runs no scripts of pages.
    #[track_caller]
    #[must_use]
    pub fn without_javascript() -> Self {
        Self::with_preferences(&json!({"profile.managed_default_content_settings.javascript": 2}))
    }

    #[track_caller]
    fn with_preferences(preferences: &Value) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1100,1000",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let options =
            json!({"binary": driver::chromium(), "args": arguments, "prefs": preferences});
        let wanted =
            json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let capabilities = json!({"alwaysMatch": wanted});
        let driver = Driver::start();
        let opened = driver.ask("POST", "/session", &json!({"capabilities": capabilities}));
        let session = opened.expect("a session")["sessionId"].as_str().map(str::to_owned);
        Self { driver, session: session.expect("its id"), _profile: profile }
    }

    /// Opens a page and waits until it is loaded.
    #[track_caller]
    pub fn visit(&self, url: &str) {
        self.ask("POST", "/url", &json!({"url": url}));
    }

    /// Where the window is.
    #[track_caller]
    #[must_use]
    pub fn url(&self) -> String {
        let url = self.ask("GET", "/url", &Value::Null);
        url.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the address holds `part`.
    #[track_caller]
    pub fn await_url(&self, part: &str) {
        eventually(&format!("a page at {part}"), SOON, || {
            let url = self.url();
            if url.contains(part) { Ok(()) } else { Err(url) }
        });
    }

    /// Waits for the first element of a CSS selector, or of an XPath if it begins with `//`.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "waiting for it is often all that is wanted")]
    pub fn find(&self, selector: &str) -> Element<'_> {
        eventually(&format!("an element {selector}"), SOON, || {
            self.try_find_all(selector)?.into_iter().next().ok_or_else(|| self.text())
        })
    }

    /// The elements that are there now.
    #[track_caller]
    #[must_use]
    pub fn find_all(&self, selector: &str) -> Vec<Element<'_>> {
        self.try_find_all(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// As [`find_all`](Self::find_all); an error where a page is just being left.
    fn try_find_all(&self, selector: &str) -> Result<Vec<Element<'_>>, String> {
        let using = if selector.starts_with("//") { "xpath" } else { "css selector" };
        let selector = json!({"using": using, "value": selector});
        let found = self.try_ask("POST", "/elements", &selector)?;
        let ids = found.as_array().into_iter().flatten().filter_map(|one| one[ELEMENT].as_str());
        Ok(ids.map(|id| Element::new(self, id)).collect())
    }

    /// The text that a reader sees; nothing if the page is just being left.
    #[must_use]
    pub fn text(&self) -> String {
        let body = self.try_find_all("body").unwrap_or_default();
        body.first().and_then(Element::try_text).unwrap_or_default()
    }

    /// Waits until a reader sees this.
    #[track_caller]
    pub fn await_text(&self, part: &str) {
        eventually(&format!("{part:?} on the page"), SOON, || {
            let text = self.text();
            if text.contains(part) { Ok(()) } else { Err(text) }
        });
    }

    /// Runs a script in the page.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a script is run for its effect, too")]
    pub fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Writes what is seen to a PNG file.
    #[track_caller]
    pub fn screenshot(&self, file: &Path) {
        let image = self.ask("GET", "/screenshot", &Value::Null);
        let bytes = STANDARD.decode(image.as_str().unwrap_or_default()).expect("base64");
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// What the page has complained about, such as a script that its own policy forbids.
    #[track_caller]
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().into_iter().flatten();
        entries.filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.driver.ask(method, &format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_ask(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closes the browser; the driver is killed after it.
        self.try_ask("DELETE", "", &Value::Null).ok();
    }
}

/// How long a browser may take for one command.
const PATIENCE: Duration = Duration::from_secs(60);
