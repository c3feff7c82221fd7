//! The templates, embedded in the binary, and what they can call.

use std::sync::Arc;

use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
    value::Serde,
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{assets::Assets, price, words};

/// All pages and their parts.
#[derive(Debug, Clone)]
pub(crate) struct Templates(Arc<Environment<'static>>);

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

const SOURCES: [(&str, &str); 19] = templates![
    "account.html",
    "admin/event.html",
    "admin/events.html",
    "admin/tabs.html",
    "admin/user.html",
    "admin/users.html",
    "base.html",
    "error.html",
    "home.html",
    "order.html",
    "orders.html",
    "parts/form.html",
    "parts/ticket.html",
    "signin.html",
    "signout.html",
    "signup.html",
    "ticket.html",
    "ticket_new.html",
    "tickets_mine.html",
];

impl Templates {
    /// Compiles the templates.
    ///
    /// # Errors
    ///
    /// If one does not compile: a bug that each test of this package finds.
    pub(crate) fn new(assets: &Assets) -> Result<Self, Error> {
        let mut environment = Environment::new();
        // A misspelt name is an error; an absent one may be asked for.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_formatter(write_escaped);
        let assets = assets.clone();
        environment.add_function("asset", move |name: &str| assets.url(name));
        environment.add_filter("money", |minor: i64, currency: &str| price::money(minor, currency));
        environment
            .add_filter("figure", |minor: i64, currency: &str| price::figure(minor, currency));
        environment.add_filter("status_label", words::state);
        environment.add_filter("status_tone", |status: &str| words::tone(status));
        environment.add_filter("when", |time: &str| {
            element(time, |time| {
                let (day, month) = (time.day(), time.month());
                let month = month.to_string();
                let month = month.get(..3).unwrap_or(&month);
                let (year, hour, minute) = (time.year(), time.hour(), time.minute());
                format!("{day} {month} {year}, {hour:02}:{minute:02} UTC")
            })
        });
        environment.add_filter("clock", |time: &str| {
            text(time, |time| format!("{:02}:{:02} UTC", time.hour(), time.minute()))
        });
        for (name, source) in SOURCES {
            environment.add_template(name, source)?;
        }
        Ok(Self(Arc::new(environment)))
    }

    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, Error> {
        self.0.get_template(name)?.render(context)
    }
}

/// Makes a value for a template of what serialises.
pub(crate) fn data(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}

/// Escapes text for HTML, in elements and in quoted attributes.
///
/// The escaping of the engine also turns each `/` into an entity, which makes every address on the
/// pages unreadable in their source and protects nothing that is quoted.
fn write_escaped(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let html = matches!(state.auto_escape(), AutoEscape::Html);
    let Some(mut rest) = value.as_str().filter(|_| html && !value.is_safe()) else {
        return escape_formatter(out, state, value);
    };
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.write_str(&rest[..at])?;
        out.write_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &rest[at + 1..];
    }
    Ok(out.write_str(rest)?)
}

fn text(time: &str, write: impl FnOnce(OffsetDateTime) -> String) -> String {
    OffsetDateTime::parse(time, &Rfc3339).map_or_else(|_| time.to_owned(), write)
}

/// A `<time>` element; the script writes the reader's own time into it.
fn element(time: &str, write: impl FnOnce(OffsetDateTime) -> String) -> Value {
    let Ok(parsed) = OffsetDateTime::parse(time, &Rfc3339) else {
        return Value::from(time);
    };
    let datetime = parsed.format(&Rfc3339).unwrap_or_default();
    // Safe: both texts are written from numbers.
    Value::from_safe_string(format!("<time datetime=\"{datetime}\">{}</time>", write(parsed)))
}
