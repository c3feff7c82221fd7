//! From answers to files.
//!
//! [`tree`] renders the whole project; nothing is ever rendered in part. What a command changes is
//! the difference between two trees, and what a person changed is the difference between a tree and
//! the disk.

mod class;
mod files;
mod layout;
mod snippets;
mod view;

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig};

pub(crate) use self::class::Class;
use self::files::{Each, FILES, Source};
use crate::{
    answers::{Answers, Deps},
    failure::Failure,
};

/// A rendered project: the text of each file by its path, with `/` between folders.
pub(crate) type Tree = BTreeMap<String, File>;

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) class: Class,
    pub(crate) text: String,
}

/// Renders a project.
///
/// # Errors
///
/// Only if a template has a fault.
pub(crate) fn tree(answers: &Answers) -> Result<Tree, Failure> {
    let templates = environment().map_err(|error| fault(&error))?;
    let project = view::project(answers);
    let mut tree = Tree::new();
    for source in FILES {
        for scope in scopes(source, &project) {
            if !holds(&templates, source.when, &scope).map_err(|error| fault(&error))? {
                continue;
            }
            let path = templates.render_str(source.path, &scope).map_err(|error| fault(&error))?;
            let text = templates.get_template(source.template).map_err(|error| fault(&error))?;
            let text = text.render(&scope).map_err(|error| fault(&error))?;
            let text = if path.ends_with(".rs") { layout::rust(&text) } else { text };
            let text = source.class.mark(&path, &text);
            tree.insert(path, File { class: source.class, text });
        }
    }
    Ok(tree)
}

/// Returns what comes behind a path in a manifest: how crates of TicketKit are named in it.
fn dependency(deps: &Deps, folder: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match deps {
        Deps::CratesIo => format!("version = \"{version}\""),
        Deps::Path(root) => format!("path = \"{root}/{folder}\""),
        Deps::Git { url, rev } => format!("git = \"{url}\", rev = \"{rev}\""),
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    // A misspelt name in a template is a fault, and not an empty text.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    for (name, text) in files::TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Returns what a template is rendered with, once for each file that it makes.
fn scopes(source: &Source, project: &Value) -> Vec<Value> {
    let items = |of: &Value, name: &str| -> Vec<Value> {
        of.get_attr(name)
            .and_then(|list| list.try_iter())
            .map(Iterator::collect)
            .unwrap_or_default()
    };
    let services = || items(project, "services");
    let each = |list: &'static str| {
        services()
            .into_iter()
            .flat_map(|service| {
                items(&service, list).into_iter().map(move |item| (service.clone(), item))
            })
            .map(|(service, item)| context! { project, service, item })
            .collect()
    };
    match source.each {
        Each::Project => vec![context! { project }],
        Each::Service => {
            services().into_iter().map(|service| context! { project, service }).collect()
        }
        Each::Contract => {
            items(project, "events").into_iter().map(|item| context! { project, item }).collect()
        }
        Each::Resource => each("resources"),
        Each::Event => each("events"),
        Each::Handler => each("handlers"),
    }
}

fn holds(templates: &Environment<'_>, when: &str, scope: &Value) -> Result<bool, minijinja::Error> {
    match when {
        "" => Ok(true),
        when => Ok(templates.compile_expression(when)?.eval(scope)?.is_true()),
    }
}

fn fault(error: &minijinja::Error) -> Failure {
    let mut text = format!("a template of this program has a fault: {error:#}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    Failure::no(text)
}
