//! Answers of other services: read, recognised, and passed on.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use proptest::{collection::vec, option, prelude::*};
use ticketkit_core::{
    Code, ErrorStatus, FieldError, Problem, ServiceError,
    client::{CallError, RemoteError, RetryAfter},
    error::Validation,
    respond,
};

fn read(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> RemoteError {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    RemoteError::from_parts(StatusCode::from_u16(status).unwrap(), &headers, body).unwrap()
}

/// Any error that can be written by hand.
#[derive(Debug, Clone, thiserror::Error)]
#[error("generated")]
struct Any {
    status: u16,
    code: String,
    title: String,
    detail: Option<String>,
    service: Option<String>,
    errors: Vec<FieldError>,
}

impl ServiceError for Any {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::new(self.status).unwrap()
    }
    fn code(&self) -> Code {
        Code::parse(self.code.clone()).unwrap()
    }
    fn title(&self) -> Cow<'static, str> {
        self.title.clone().into()
    }
    fn detail(&self) -> Option<String> {
        self.detail.clone()
    }
    fn errors(&self) -> Vec<FieldError> {
        self.errors.clone()
    }
    fn service(&self) -> Option<Cow<'static, str>> {
        self.service.clone().map(Into::into)
    }
}

fn entry() -> impl Strategy<Value = FieldError> {
    (any::<String>(), option::of(any::<String>()), option::of(any::<String>())).prop_map(
        |(message, field, code)| {
            let mut entry = FieldError::new(message);
            if let Some(field) = field {
                entry = entry.field(field);
            }
            if let Some(code) = code {
                entry = entry.code(code);
            }
            entry
        },
    )
}

prop_compose! {
    fn error()(
        status in 400u16..600,
        code in "[a-z][a-z0-9_]{0,62}",
        title in any::<String>(),
        detail in option::of(any::<String>()),
        service in option::of("[a-z]{1,9}"),
        errors in vec(entry(), 0..4),
    ) -> Any {
        Any { status, code, title, detail, service, errors }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rendered_is_read_back(error in error()) {
        let response: Response<Vec<u8>> = respond(&error);
        let read = RemoteError::check(response).unwrap_err();
        prop_assert_eq!(read.problem(), Some(&Problem::of(&error)));
        prop_assert_eq!(read.status(), error.status());
        prop_assert_eq!(read.service(), error.service.as_deref());
        // And once more: passed on, it is still the same error.
        if error.status < 500 {
            let upstream = read.upstream().pass([error.code.as_str()]).as_user();
            prop_assert_eq!(Problem::of(&upstream), Problem::of(&error));
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(
        status in 100u16..1000,
        kind in option::of("application/(problem\\+)?json(; a)?|[ -~]{0,30}"),
        later in option::of("[ -~]{0,40}|[0-9]{0,30}"),
        body in vec(any::<u8>(), 0..2000),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::CONTENT_TYPE, kind), (header::RETRY_AFTER, later)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(&value).unwrap());
            }
        }
        let status = StatusCode::from_u16(status).unwrap();
        let read = RemoteError::from_parts(status, &headers, &body);
        prop_assert_eq!(read.is_some(), (400..600).contains(&status.as_u16()));
        if let Some(read) = read {
            let _ = (read.to_string(), read.upstream().to_string());
        }
    }

    #[test]
    fn no_json_makes_the_parser_panic(members in members()) {
        let body = serde_json::to_vec(&members).unwrap();
        let read = read(409, &[("content-type", "application/problem+json")], &body);
        prop_assert_eq!(read.problem().is_some(), Problem::parse(&body).is_ok());
        prop_assert!(read.to_string().len() < 600);
    }
}

/// Objects with the members of a document, of any type.
fn members() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (400..600).prop_map(Into::into),
        "[a-z_]{0,70}|\\PC{0,20}".prop_map(Into::into),
    ];
    let name = prop_oneof![
        "type|title|status|code|service|instance|trace_id|detail|errors|message|field|pointer",
        any::<String>(),
    ];
    leaf.prop_recursive(4, 60, 9, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Into::into),
            vec((name.clone(), inner), 0..9).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

#[test]
fn a_body_that_is_no_problem_is_summarised_without_being_shown() {
    let page = b"<h1>nginx\x1b[31m canary</h1>\r\nSet-Cookie: x";
    let error = read(502, &[("content-type", "text/html")], page);
    assert_eq!(error.to_string(), "an upstream answered 502 with 41 bytes of text/html");
    let excerpt = error.foreign().unwrap().excerpt();
    assert!(excerpt.contains("canary") && !excerpt.contains(['\u{1b}', '\r', '\n']));
    // A document of another type than it says, and one that is too long, are foreign as well.
    let problem = Problem::of(&ticketkit_core::error::NotFound).to_json();
    assert!(read(404, &[("content-type", "text/plain")], &problem).problem().is_none());
    assert!(read(404, &[], &problem).problem().is_none());
    let long = [problem.as_slice(), &[b' '; 64 * 1024]].concat();
    assert!(read(404, &[("content-type", "application/problem+json")], &long).problem().is_none());
}

#[test]
fn an_unknown_error_is_kept_whole() {
    let body = br#"{"type":"x","title":"T","status":418,"code":"of_tomorrow","service":"tea",
        "instance":"urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057","more":[1],
        "errors":[{"message":"m","field":"a.b","later":true}]}"#;
    let error = read(409, &[("content-type", "application/problem+json; charset=utf-8")], body);
    assert!(
        error.is("tea", "of_tomorrow") && !error.is("tea", "x") && !error.is("x", "of_tomorrow")
    );
    // The status is that of the response.
    assert_eq!(error.status(), ErrorStatus::CONFLICT);
    assert_eq!(error.errors()[0].field.as_deref(), Some("a.b"));
    let id = error.request_id().unwrap().to_string();
    assert_eq!(id, "01890a5d-ac96-774b-bcce-b302099a8057");
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let error = |value| read(503, &[("retry-after", value)], b"");
    assert_eq!(error("7").retry_after(), Some(RetryAfter::Delay(Duration::from_secs(7))));
    let date = error("Sun, 06 Nov 1994 08:49:37 GMT").retry_after().unwrap();
    let before = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
    assert_eq!(date.delay(before), Duration::from_secs(7));
    assert_eq!(date.delay(SystemTime::now()), Duration::ZERO);
    for bad in ["", "-1", "soon", "1.5"] {
        assert_eq!(error(bad).retry_after(), None, "{bad}");
    }
    assert!(read(409, &[("retry-after", "1")], b"").is_retryable());
    assert!(!read(409, &[], b"").is_retryable());
}

fn answer(status: u16, code: &str) -> RemoteError {
    let error = Any {
        status,
        code: code.to_owned(),
        title: "theirs".to_owned(),
        detail: Some("their detail".to_owned()),
        service: Some("tickets".to_owned()),
        errors: vec![],
    };
    let mut response: Response<Vec<u8>> = respond(&error);
    response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    response.headers_mut().insert("retry-after", HeaderValue::from_static("9"));
    RemoteError::check(response).unwrap_err()
}

#[test]
fn an_upstreams_error_is_ours_unless_it_is_passed() {
    for (status, code, ours) in [
        (500, "internal", (502, "upstream_failed")),
        (503, "unavailable", (502, "upstream_failed")),
        (504, "timeout", (504, "timeout")),
        (401, "unauthenticated", (502, "upstream_failed")),
        (403, "forbidden", (502, "upstream_failed")),
        (409, "ticket_reserved", (502, "upstream_failed")),
    ] {
        let upstream = answer(status, code).upstream();
        assert_eq!((upstream.status().as_u16(), upstream.code().as_str()), ours, "{status}");
        let problem = String::from_utf8(Problem::of(&upstream).to_json()).unwrap();
        assert!(!problem.contains("their"), "{problem}");
    }
    let timeout = CallError::TimedOut.upstream();
    assert_eq!((timeout.status().as_u16(), timeout.code().as_str()), (504, "timeout"));
    let failed = CallError::failed("canary: connection refused").upstream();
    assert_eq!(failed.status().as_u16(), 502);
    assert!(!String::from_utf8(Problem::of(&failed).to_json()).unwrap().contains("canary"));
}

#[test]
fn a_services_credential_never_signs_the_user_out() {
    for status in [401, 403] {
        // Not even if somebody lists the code.
        let listed = answer(status, "unauthenticated").upstream().pass(["unauthenticated"]);
        assert_eq!(listed.status().as_u16(), 502);
        let mut headers = HeaderMap::new();
        listed.headers(&mut headers);
        assert!(!headers.contains_key(header::WWW_AUTHENTICATE));

        let users = answer(status, "session_expired").upstream().as_user();
        assert_eq!(users.status().as_u16(), status);
        users.headers(&mut headers);
        assert_eq!(headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let passed = answer(409, "ticket_reserved").upstream().pass(["other", "ticket_reserved"]);
    assert_eq!(passed.service().as_deref(), Some("tickets"));
    assert_eq!(passed.detail().as_deref(), Some("their detail"));
    let server = answer(500, "internal").upstream().pass(["internal"]).as_user();
    assert_eq!(server.status().as_u16(), 502);
    let mut headers = HeaderMap::new();
    server.headers(&mut headers);
    assert_eq!(headers[header::RETRY_AFTER], "9");
}

#[derive(Debug, thiserror::Error, RemoteError, ServiceError)]
#[problem(service = "tickets")]
enum Both {
    #[error("reserved")]
    #[problem(status = 409, code = "ticket_reserved")]
    Reserved,
    #[error("gone")]
    #[problem(status = 410)]
    Gone,
    #[error("no {0}")]
    #[problem(status = 404)]
    NotFound(u64),
    #[error("invalid")]
    #[problem(status = 422, code = "validation_failed", answer)]
    Invalid(Vec<FieldError>),
}

#[test]
fn an_answer_becomes_the_variant_with_its_code() {
    assert!(matches!(Both::try_from(answer(409, "ticket_reserved")), Ok(Both::Reserved)));
    assert!(matches!(Both::try_from(answer(410, "gone")), Ok(Both::Gone)));
    // The number is not in the document, so the variant cannot be made again.
    let kept = Both::try_from(answer(404, "not_found")).unwrap_err();
    assert!(kept.is("tickets", "not_found"));
    let other = read(410, &[("content-type", "application/problem+json")], &{
        Problem::of(&Both::Gone).with_service("orders").to_json()
    });
    assert!(Both::try_from(other).is_err(), "another service's code means something else");
    assert_eq!(Both::NotFound(1).status().as_u16(), 404);
    let error = Validation::from(FieldError::new("must be greater than 0").field("price"));
    let refused = RemoteError::check(respond::<Vec<u8>>(&error)).unwrap_err();
    let Err(refused) = Both::try_from(refused) else { panic!("the service is not named") };
    let mut problem = refused.problem().unwrap().clone();
    problem.service = Some("tickets".into());
    let refused = read(422, &[("content-type", "application/problem+json")], &problem.to_json());
    let Ok(Both::Invalid(errors)) = Both::try_from(refused) else { panic!("must be known") };
    assert_eq!(errors, error.errors());
}
