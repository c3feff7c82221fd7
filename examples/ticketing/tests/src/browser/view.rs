//! How a page is looked at: on which screen, in which colours, and what it owes its readers.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Browser;

/// A screen and its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// Whether the reader prefers dark colours.
    pub dark: bool,
}

impl View {
    /// A phone and a desk, by day and by night.
    pub const ALL: [Self; 4] = [
        Self { width: 360, dark: false },
        Self { width: 360, dark: true },
        Self { width: 1280, dark: false },
        Self { width: 1280, dark: true },
    ];

    /// A name for files, such as `0360-dark`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{:04}-{}", self.width, if self.dark { "dark" } else { "light" })
    }
}

impl Browser {
    /// Shows pages so from now on.
    #[track_caller]
    pub fn look(&self, view: View) {
        self.size(view.width, 900);
        let scheme = if view.dark { "dark" } else { "light" };
        let features = [
            json!({"name": "prefers-color-scheme", "value": scheme}),
            // Colours that are on their way to others are none to measure.
            json!({"name": "prefers-reduced-motion", "value": "reduce"}),
        ];
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Writes the whole page to a PNG or JPEG file, not only what fits on the screen.
    #[track_caller]
    pub fn screenshot_of_all(&self, view: View, file: &Path) {
        let height = self.run("return document.documentElement.scrollHeight");
        self.size(view.width, u32::try_from(height.as_u64().unwrap_or(900)).unwrap_or(900));
        let is_jpeg = file.extension().is_some_and(|extension| extension == "jpg");
        let form = if is_jpeg {
            json!({"format": "jpeg", "quality": 70})
        } else {
            json!({"format": "png"})
        };
        let image = self.devtools("Page.captureScreenshot", &form);
        let bytes = STANDARD.decode(image["data"].as_str().unwrap_or_default()).expect("base64");
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.size(view.width, 900);
    }

    /// What the page owes to people who see little, hear it read, or have no mouse.
    #[track_caller]
    #[must_use]
    pub fn audit(&self) -> Vec<String> {
        let faults = self.run(include_str!("audit.js"));
        let faults = faults.as_array().expect("a list of faults").iter();
        faults.filter_map(|fault| fault.as_str().map(str::to_owned)).collect()
    }

    /// What [axe-core](https://www.npmjs.com/package/axe-core) finds, of which `source` is the
    /// script.
    #[track_caller]
    #[must_use]
    pub fn axe(&self, source: &str) -> Vec<String> {
        self.run(source);
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document).then(({violations}) => done(violations.map(({id, help, nodes}) =>
                `axe ${id}: ${help} at ${nodes.map(({target}) => target.join(' ')).join(', ')}`)),
                (error) => done([`axe: ${error}`]));";
        let body = json!({"script": script, "args": []});
        let faults = self.ask("POST", "/execute/async", &body);
        let faults = faults.as_array().expect("a list of faults").iter();
        faults.filter_map(|fault| fault.as_str().map(str::to_owned)).collect()
    }

    /// Presses a key, as the WebDriver protocol names it: `\u{E004}` is Tab.
    #[track_caller]
    pub fn press_key(&self, key: &str) {
        let keys = ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}));
        let actions = [json!({"type": "key", "id": "keyboard", "actions": keys})];
        self.ask("POST", "/actions", &json!({"actions": actions}));
    }

    #[track_caller]
    fn size(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1,
                             "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    #[track_caller]
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.ask("POST", "/goog/cdp/execute", &body)
    }
}
