//! The catalogue tells all that an error can be, and is held against what is answered.

use axum::{Router, body::Body, routing::get};
use http::Request;
use ticketkit_core::{
    ErrorLayer, ErrorStatus, ServiceError,
    axum::BodyRejection,
    catalogue::{Catalogue, Coverage, Entry},
    error::{NotFound, RateLimited, Unavailable, Validation},
};

use crate::support::get as fetch;

#[derive(Debug, thiserror::Error, ServiceError)]
enum TicketError {
    #[error("ticket {0} is reserved")]
    #[problem(status = 409, code = "ticket_reserved", detail = "Ticket {0} is being bought.")]
    Reserved(u64),
    #[error("must be at most {max} | or so")]
    #[problem(
        status = 422,
        code = "validation_failed",
        title = "Validation failed",
        field = "price",
        detail
    )]
    TooDear { max: i64 },
    #[error("gone")]
    #[problem(status = 409)]
    Withdrawn,
    #[error(transparent)]
    #[problem(transparent)]
    Common(#[from] Common),
    #[error("cannot read the store")]
    #[problem(internal)]
    Store(#[from] std::io::Error),
    #[error("cannot write the store")]
    #[problem(internal)]
    StoreAgain(std::io::Error),
}

#[derive(Debug, thiserror::Error, ServiceError)]
enum Common {
    #[error(transparent)]
    #[problem(transparent)]
    NotFound(#[from] NotFound),
    #[error(transparent)]
    #[problem(transparent)]
    Busy(#[from] Unavailable),
    #[error(transparent)]
    #[problem(transparent)]
    Limited(RateLimited),
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("passed on")]
#[problem(transparent)]
struct Generic<E: ServiceError + 'static>(#[source] E);

fn catalogue() -> Catalogue {
    Catalogue::new("tickets").with::<TicketError>().with::<Validation>()
}

#[test]
fn the_derive_lists_every_case_and_those_that_it_passes_on() {
    let codes: Vec<_> = TicketError::entries().iter().map(|e| e.code.to_string()).collect();
    assert_eq!(
        codes,
        [
            "ticket_reserved",
            "validation_failed",
            "withdrawn",
            "not_found",
            "unavailable",
            "rate_limited",
            "internal",
            "internal"
        ]
    );
    let busy = &TicketError::entries()[4];
    assert!(busy.retryable);
    assert_eq!(busy.headers, ["retry-after"]);
    assert_eq!(Generic::<NotFound>::entries(), NotFound::entries());
}

#[test]
fn an_entry_is_what_the_error_answers() {
    for (error, at) in [
        (TicketError::TooDear { max: 5 }, 1),
        (TicketError::Withdrawn, 2),
        (Common::from(NotFound).into(), 3),
        (Common::from(Unavailable { retry_after: 5 }).into(), 4),
        (Common::Limited(RateLimited { retry_after: 5 }).into(), 5),
        (std::io::Error::other("x").into(), 6),
        (TicketError::StoreAgain(std::io::Error::other("x")), 7),
    ] {
        let entry = &TicketError::entries()[at];
        assert_eq!((entry.status, &entry.code), (error.status(), &error.code()), "{error:?}");
        assert_eq!(entry.title, error.title(), "{error:?}");
        assert_eq!(entry.detail.is_some(), error.detail().is_some(), "{error:?}");
    }
}

#[test]
fn the_page_and_the_file_are_sorted_and_without_doubles() {
    insta::assert_snapshot!("catalogue.md", catalogue().to_markdown());
    insta::assert_snapshot!("catalogue.json", catalogue().to_json());
}

#[test]
fn all_that_a_body_can_be_refused_with_is_known() {
    let bodies = Catalogue::new("tickets").with::<BodyRejection>().with_layer();
    let pairs: Vec<_> =
        bodies.entries().iter().map(|e| (e.status.as_u16(), e.code.as_str())).collect();
    assert_eq!(
        pairs,
        [
            (400, "incomplete_body"),
            (400, "malformed_body"),
            (400, "malformed_json"),
            (404, "not_found"),
            (405, "method_not_allowed"),
            (413, "payload_too_large"),
            (415, "unsupported_media_type"),
            (500, "internal"),
        ]
    );
    assert!(bodies.ambiguous().is_empty());
}

#[test]
fn a_code_with_two_meanings_is_found() {
    let taken = Entry::new(ErrorStatus::FORBIDDEN, TicketError::Withdrawn.code(), "Withdrawn");
    let catalogue = catalogue().with_entry(taken);
    let codes: Vec<_> = catalogue.ambiguous().iter().map(|e| e.code.as_str()).collect();
    assert_eq!(codes, ["withdrawn", "withdrawn"]);
}

#[tokio::test]
async fn what_is_answered_is_documented_and_the_other_way_round() {
    let app = Router::new()
        .route("/reserved", get(|| async { Err::<(), _>(TicketError::Reserved(7)) }))
        .route("/limited", get(|| async { Err::<(), _>(RateLimited { retry_after: 1 }) }))
        .layer(ErrorLayer::new("tickets"));
    let documented = Catalogue::new("tickets").with::<TicketError>();
    let coverage = Coverage::of(documented.clone()).except(["internal", "unavailable"]);
    for path in ["/reserved", "/limited", "/nowhere"] {
        coverage.observe(&fetch(&app, path).await.body).unwrap();
    }
    let gaps = coverage.check().unwrap_err();
    assert!(gaps.undocumented.is_empty());
    assert_eq!(
        gaps.to_string(),
        "the catalogue of `tickets` is not what it answers; documented but never answered: \
         409 `withdrawn`, 422 `validation_failed`"
    );

    // The router answers 405 too, which nobody has documented.
    let coverage = Coverage::of(Catalogue::new("tickets").with::<NotFound>());
    let put = crate::support::send(&app, Request::put("/reserved"), Body::empty()).await;
    coverage.observe(&put.body).unwrap();
    let gaps = coverage.except(["not_found"]).check().unwrap_err();
    assert_eq!(gaps.undocumented, [(405, "method_not_allowed".to_owned())]);
    assert!(Coverage::of(documented).observe(b"{}").is_err());
}

#[cfg(feature = "openapi")]
mod openapi {
    use ticketkit_core::{FieldError, Problem};
    use utoipa::{IntoResponses, OpenApi, ToSchema};

    use super::*;

    /// The order of members follows a feature that any crate of a build may turn on.
    fn sorted(mut value: serde_json::Value) -> String {
        value.sort_all_objects();
        serde_json::to_string_pretty(&value).unwrap()
    }

    #[test]
    fn each_status_has_one_response_with_its_codes_and_an_example_for_each() {
        let responses = catalogue().responses();
        assert_eq!(
            responses.keys().collect::<Vec<_>>(),
            ["404", "409", "422", "429", "500", "503"]
        );
        insta::assert_snapshot!("responses.json", sorted(serde_json::to_value(responses).unwrap()));
    }

    #[test]
    fn the_schemas_are_those_of_the_document() {
        #[derive(OpenApi)]
        #[openapi(components(schemas(Problem)))]
        struct Api;
        let api = serde_json::to_value(Api::openapi()).unwrap();
        assert_eq!(api["openapi"], "3.1.0");
        insta::assert_snapshot!("schemas.json", sorted(api["components"]["schemas"].clone()));
        assert_eq!(FieldError::name(), "FieldError");

        // Every member that is sent is described.
        let problem = Problem::of(&TicketError::TooDear { max: 1 });
        let sent = serde_json::to_value(&problem).unwrap();
        for member in sent.as_object().unwrap().keys() {
            let properties = &api["components"]["schemas"]["Problem"]["properties"];
            assert!(properties.get(member).is_some(), "{member}");
        }
    }

    #[test]
    fn the_derive_makes_responses_of_a_path() {
        #[utoipa::path(get, path = "/api/tickets/{id}", responses((status = 200), TicketError))]
        #[expect(dead_code, reason = "the description is what counts")]
        fn show() {}
        #[derive(OpenApi)]
        #[openapi(paths(show), components(schemas(Problem)))]
        struct Api;
        let api = serde_json::to_value(Api::openapi()).unwrap();
        let responses = &api["paths"]["/api/tickets/{id}"]["get"]["responses"];
        let content = &responses["409"]["content"]["application/problem+json"];
        assert_eq!(content["examples"]["ticket_reserved"]["value"]["code"], "ticket_reserved");
        assert_eq!(responses.as_object().unwrap().len(), 1 + TicketError::responses().len());
    }
}
