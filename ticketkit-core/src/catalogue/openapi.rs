//! OpenAPI 3.1 through utoipa.

use std::{borrow::Cow, collections::BTreeMap};

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        AllOfBuilder, ArrayBuilder, ContentBuilder, Header, Object, ObjectBuilder, Ref, RefOr,
        Response, ResponseBuilder, Schema, Type, example::ExampleBuilder,
    },
};

use super::{Catalogue, Entry};
use crate::{ErrorStatus, FieldError, Problem, problem::CONTENT_TYPE};

/// Makes one response for each status of these entries: its codes as an enum, and an example for
/// each.
///
/// Errors with the derive implement `utoipa::IntoResponses` by this, so that
/// `#[utoipa::path(responses((status = 200), TicketError))]` knows them. Add the component once:
/// `#[openapi(components(schemas(Problem)))]`.
///
/// ```
/// use ticketkit_core::{ServiceError, catalogue, error::NotFound};
///
/// let responses = catalogue::responses(&NotFound::entries());
/// assert!(responses.contains_key("404"));
/// ```
#[must_use]
pub fn responses(entries: &[Entry]) -> BTreeMap<String, RefOr<Response>> {
    build(entries, Entry::example)
}

impl Catalogue {
    /// Makes one response for each status, as [`responses`] does, with the service's own name in
    /// the examples.
    #[must_use]
    pub fn responses(&self) -> BTreeMap<String, RefOr<Response>> {
        build(self.entries(), |entry| self.example(entry))
    }
}

fn build(
    entries: &[Entry],
    example: impl Fn(&Entry) -> Problem,
) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<ErrorStatus, Vec<&Entry>>::new();
    for entry in entries {
        by_status.entry(entry.status).or_default().push(entry);
    }
    by_status
        .into_iter()
        .map(|(status, entries)| {
            (status.as_u16().to_string(), response(status, &entries, &example).into())
        })
        .collect()
}

fn response(
    status: ErrorStatus,
    entries: &[&Entry],
    example: impl Fn(&Entry) -> Problem,
) -> Response {
    let mut codes: Vec<&str> = entries.iter().map(|entry| entry.code.as_str()).collect();
    let mut titles: Vec<&str> = entries.iter().map(|entry| &*entry.title).collect();
    for texts in [&mut codes, &mut titles] {
        texts.sort_unstable();
        texts.dedup();
    }
    let narrowed = ObjectBuilder::new()
        .property(
            "status",
            ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status.as_u16()])),
        )
        .property("code", text().enum_values(Some(codes)));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed);
    // Where one code has several texts, the first is the example.
    let mut examples = BTreeMap::new();
    for entry in entries {
        examples.entry(entry.code.as_str()).or_insert_with(|| {
            let value = serde_json::to_value(example(entry)).unwrap_or_default();
            ExampleBuilder::new().summary(&*entry.title).value(Some(value)).build()
        });
    }
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let mut response =
        ResponseBuilder::new().description(titles.join("; ")).content(CONTENT_TYPE, content);
    for name in entries.iter().flat_map(|entry| &entry.headers) {
        let schema = match name.to_ascii_lowercase().as_str() {
            "retry-after" => Object::with_type(Type::Integer),
            _ => Object::with_type(Type::String),
        };
        response = response.header(&**name, Header::new(schema));
    }
    response.build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        let integer = ObjectBuilder::new().schema_type(Type::Integer);
        let status = integer.minimum(Some(400u16)).maximum(Some(599u16));
        let errors = ArrayBuilder::new().items(Ref::from_schema_name("FieldError"));
        ObjectBuilder::new()
            .description(Some("An error (RFC 9457); `service` and `code` identify it."))
            .property("type", text().description(Some("The base and the code with hyphens.")))
            .required("type")
            .property("title", text().description(Some("Fixed for the code.")))
            .required("title")
            .property("status", status)
            .required("status")
            .property("code", text().pattern(Some("^[a-z][a-z0-9_]{0,62}$")))
            .required("code")
            .property("service", text().description(Some("The service that answered.")))
            .property("instance", text().description(Some("`urn:uuid:` and the request id.")))
            .property("trace_id", text().description(Some("Where the request is traced.")))
            .property("detail", text().description(Some("What is public of this occurrence.")))
            .property("errors", errors.min_items(Some(1)))
            .required("errors")
            .into()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((FieldError::name().into_owned(), FieldError::schema()));
    }
}

impl PartialSchema for FieldError {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("What is wrong, and where."))
            .property("message", text())
            .required("message")
            .property("field", text().description(Some("The name of the member or parameter.")))
            .property("pointer", text().description(Some("JSON pointer into the body.")))
            .property("code", text().description(Some("The broken rule, for machines.")))
            .into()
    }
}

impl ToSchema for FieldError {
    fn name() -> Cow<'static, str> {
        "FieldError".into()
    }
}
