//! Answers held against the `/openapi.json` of the system that gives them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    client::Client,
    http::Response,
    schema::{faults, resolve},
};

const METHODS: [&str; 4] = ["get", "put", "post", "delete"];
/// Headers with a meaning of their own: an answer has them only where that is described.
const TELLING: [&str; 7] = [
    "etag",
    "location",
    "retry-after",
    "www-authenticate",
    "set-cookie",
    "idempotent-replayed",
    "x-request-id",
];

/// A described operation.
#[derive(Debug, Clone)]
pub struct Operation<'a> {
    /// The method, in capitals.
    pub method: String,
    /// The path, with names in braces.
    pub path: &'a str,
    /// What is described of it.
    pub value: &'a Value,
}

/// The description of the routes.
#[derive(Debug)]
pub struct Described(Value);

impl Described {
    /// Asks a system for it.
    #[track_caller]
    #[must_use]
    pub fn by(client: &Client) -> Self {
        let response = client.get("/openapi.json").expect(200);
        assert_eq!(response.header("content-type"), Some("application/json"));
        Self(response.json())
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// Every operation.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = METHODS.into_iter();
            methods.filter_map(move |method| {
                let (method, value) = (method.to_uppercase(), item.get(method)?);
                Some(Operation { method, path, value })
            })
        });
        operations.collect()
    }

    /// The operation that a request is for.
    #[must_use]
    pub fn operation(&self, method: &str, target: &str) -> Option<Operation<'_>> {
        let path = target.split('?').next().unwrap_or_default();
        let paths = self.0["paths"].as_object()?;
        // A name in braces stands for whatever no other path has there.
        let template = paths.keys().find(|template| *template == path);
        let template = template.or_else(|| paths.keys().find(|template| fits(template, path)))?;
        let mut operations = self.operations().into_iter();
        operations.find(|found| found.path == template && found.method == method)
    }

    /// The schema of the body that an operation takes.
    #[must_use]
    pub fn body(&self, operation: &Operation<'_>) -> Option<Value> {
        operation.value.pointer("/requestBody/content/application~1json/schema").cloned()
    }

    /// The codes of the refusals of an operation, with their statuses.
    #[must_use]
    pub fn refusals(&self, operation: &Operation<'_>) -> BTreeSet<(u16, String)> {
        let mut refusals = BTreeSet::new();
        for (status, response) in operation.value["responses"].as_object().into_iter().flatten() {
            let Some(response) = resolve(&self.0, response) else { continue };
            let codes = response
                .pointer("/content/application~1problem+json/schema/properties/code/enum")
                .and_then(Value::as_array);
            for code in codes.into_iter().flatten().filter_map(Value::as_str) {
                refusals.insert((status.parse().unwrap_or_default(), code.to_owned()));
            }
        }
        refusals
    }

    /// Everything in which an answer differs from what is described.
    #[must_use]
    pub fn faults(&self, method: &str, target: &str, response: &Response) -> Vec<String> {
        let Some(operation) = self.operation(method, target) else {
            return vec!["the operation is not described".to_owned()];
        };
        let status = response.status().to_string();
        let described = operation.value["responses"].get(&status);
        let Some(described) = described.and_then(|found| resolve(&self.0, found)) else {
            return vec![format!("the status {status} is not described")];
        };
        let mut found = Vec::new();
        self.header_faults(described, response, &mut found);
        self.body_faults(described, response, &mut found);
        found
    }

    fn header_faults(&self, described: &Value, response: &Response, found: &mut Vec<String>) {
        let headers = described["headers"].as_object().into_iter().flatten();
        let mut named = BTreeSet::new();
        for (name, header) in headers {
            named.insert(name.to_ascii_lowercase());
            let Some(header) = resolve(&self.0, header) else { continue };
            match response.header(name) {
                Some(text) => {
                    // What looks like a number is one where a number is described.
                    let value = match text.parse::<i64>() {
                        Ok(number) if header["schema"]["type"] == "integer" => number.into(),
                        _ => Value::from(text),
                    };
                    found.extend(faults(&self.0, &header["schema"], &value));
                }
                None if header["required"] == true => found.push(format!("{name} is missing")),
                None => {}
            }
        }
        let undescribed = TELLING.iter().filter(|name| !named.contains(**name));
        let there = undescribed.filter(|name| response.header(name).is_some());
        found.extend(there.map(|name| format!("{name} is not described")));
    }

    fn body_faults(&self, described: &Value, response: &Response, found: &mut Vec<String>) {
        let Some(content) = described["content"].as_object() else {
            if !response.body.is_empty() {
                found.push("a body that is not described".to_owned());
            }
            return;
        };
        let kind = response.header("content-type").unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default();
        let Some(described) = content.get(essence) else {
            return found.push(format!("the content type {kind:?} is not described"));
        };
        let value = match essence {
            "application/json" | "application/problem+json" => response.json(),
            _ => Value::from(response.text()),
        };
        found.extend(faults(&self.0, &described["schema"], &value));
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut names, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (names.next(), parts.next()) {
            (None, None) => return true,
            (Some(name), Some(part)) if name == part || name.starts_with('{') => {}
            _ => return false,
        }
    }
}
