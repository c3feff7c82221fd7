//! Calls to an upstream that fails, hangs, and comes back.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response, request::Builder};
use ticketkit_core::{
    Problem,
    chassis::outgoing::{NoAnswer, Outgoing, OutgoingService},
    client::CallError,
    trace::TraceContext,
};
use tokio::{sync::Notify, time::Instant};
use tower::{ServiceExt, service_fn};

type Seen = Arc<Mutex<Vec<Request<String>>>>;

/// An upstream that gives these statuses in turn, the last for ever.
fn upstream(around: Outgoing, statuses: &'static [u16]) -> (OutgoingService<String, ()>, Seen) {
    let seen = Seen::default();
    let requests = seen.clone();
    let service = service_fn(move |request: Request<String>| {
        let mut requests = requests.lock().unwrap();
        let status = statuses[requests.len().min(statuses.len() - 1)];
        requests.push(request);
        let mut response = Response::builder().status(status);
        if status == 429 {
            response = response.header("retry-after", "1");
        }
        std::future::ready(Ok::<_, Infallible>(response.body(()).unwrap()))
    });
    (around.around(service), seen)
}

async fn call(
    service: &OutgoingService<String, ()>,
    request: Builder,
) -> Result<Response<()>, NoAnswer> {
    service.clone().oneshot(request.body("body".to_owned()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn what_is_idempotent_is_repeated_whole_and_what_is_not_is_not() {
    let (service, seen) = upstream(Outgoing::to("u"), &[503, 502, 200]);
    let answer = call(&service, Request::put("/1")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let bodies: Vec<_> = seen.lock().unwrap().iter().map(|r| r.body().clone()).collect();
    assert_eq!(bodies, ["body"; 3]);

    let (service, seen) = upstream(Outgoing::to("u"), &[503, 200]);
    assert_eq!(call(&service, Request::post("/")).await.unwrap().status(), 503);
    assert_eq!(seen.lock().unwrap().len(), 1);
    let keyed = Request::post("/").header("idempotency-key", "k");
    assert_eq!(call(&service, keyed).await.unwrap().status(), 200);

    // A bug is not repeated, nor what the caller did wrong.
    for status in [&[500][..], &[404], &[409]] {
        let (service, seen) = upstream(Outgoing::to("u"), status);
        assert_eq!(call(&service, Request::get("/")).await.unwrap().status(), status[0]);
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_or_left_to_the_caller() {
    let (service, seen) = upstream(Outgoing::to("u"), &[429, 200]);
    let started = Instant::now();
    assert_eq!(call(&service, Request::get("/")).await.unwrap().status(), 200);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(seen.lock().unwrap().len(), 2);

    let impatient = Outgoing::to("u").backoff(Duration::from_millis(1), Duration::from_millis(900));
    let (service, seen) = upstream(impatient, &[429, 200]);
    let answer = call(&service, Request::get("/")).await.unwrap();
    assert_eq!((answer.status().as_u16(), seen.lock().unwrap().len()), (429, 1));
    assert_eq!(answer.headers()["retry-after"], "1");
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_their_budget() {
    let around = Outgoing::to("u").retries_per_call(0.0).circuit(1.0, 1_000_000, Duration::ZERO);
    let (service, seen) = upstream(around, &[503]);
    for _ in 0..200 {
        assert_eq!(call(&service, Request::get("/")).await.unwrap().status(), 503);
    }
    let retries = seen.lock().unwrap().len() - 200;
    assert!((1..100).contains(&retries), "{retries} retries of 200 calls");
}

#[tokio::test(start_paused = true)]
async fn time_ends_an_attempt_and_then_the_call() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let hangs = service_fn(move |_: Request<String>| {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<Result<Response<()>, Infallible>>()
    });
    let around = Outgoing::to("u").attempt_timeout(Duration::from_secs(1)).attempts(2);
    let service = around.around(hangs.clone());
    let started = Instant::now();
    let error = call(&service, Request::get("/")).await.unwrap_err();
    assert!(matches!(error, NoAnswer::Timeout(_)), "{error:?}");
    assert_eq!((started.elapsed().as_secs(), asked.load(Ordering::SeqCst)), (2, 2));
    let problem = Problem::of(&error);
    assert_eq!((problem.status, problem.code.as_str()), (504, "timeout"));
    assert!(matches!(CallError::from(error), CallError::TimedOut));

    let short = Outgoing::to("u").timeout(Duration::from_millis(100)).around(hangs);
    let started = Instant::now();
    assert!(call(&short, Request::get("/")).await.is_err());
    assert_eq!(started.elapsed().as_millis(), 100);
}

#[tokio::test]
async fn too_many_calls_at_once_are_refused_and_the_upstream_not_blamed() {
    let gate = Arc::new(Notify::new());
    let wait = gate.clone();
    let waits = service_fn(move |_: Request<String>| {
        let wait = wait.clone();
        async move {
            wait.notified().await;
            Ok::<_, Infallible>(Response::new(()))
        }
    });
    let service = Outgoing::to("u").concurrency(1).circuit(0.5, 1, Duration::ZERO).around(waits);
    let first = tokio::spawn({
        let service = service.clone();
        async move { call(&service, Request::get("/")).await }
    });
    tokio::task::yield_now().await;
    let error = call(&service, Request::get("/")).await.unwrap_err();
    assert!(matches!(error, NoAnswer::Overloaded(_)) && error.was_not_sent(), "{error:?}");
    assert_eq!(Problem::of(&error).status, 503);
    let error = CallError::from(error);
    assert!(matches!(&error, CallError::Failed(source) if source.is::<NoAnswer>()), "{error:?}");
    gate.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_circuit_opens_spares_the_upstream_and_closes() {
    let open_for = Duration::from_millis(100);
    let failing = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let asked = Arc::new(AtomicUsize::new(0));
    let (fails, count) = (failing.clone(), asked.clone());
    let service = service_fn(move |_: Request<String>| {
        count.fetch_add(1, Ordering::SeqCst);
        let canary = io::Error::other("canary: no route to db-7");
        let fails = fails.load(Ordering::SeqCst);
        std::future::ready(if fails { Err(canary) } else { Ok(Response::new(())) })
    });
    let service = Outgoing::to("u").attempts(1).circuit(0.5, 4, open_for).around(service);
    for _ in 0..4 {
        let error = call(&service, Request::get("/")).await.unwrap_err();
        let problem = Problem::of(&error);
        assert_eq!((problem.status, problem.code.as_str()), (502, "upstream_failed"));
        assert!(!String::from_utf8(problem.to_json()).unwrap().contains("canary"));
    }
    let error = call(&service, Request::get("/")).await.unwrap_err();
    assert!(matches!(error, NoAnswer::CircuitOpen(_)), "{error:?}");
    let answer: Response<Vec<u8>> = ticketkit_core::respond(&error);
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert_eq!(asked.load(Ordering::SeqCst), 4);

    failing.store(false, Ordering::SeqCst);
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while call(&service, Request::get("/")).await.is_err() {
        assert!(std::time::Instant::now() < deadline, "the circuit stays open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    assert!(call(&service, Request::get("/")).await.is_ok());
}

#[tokio::test]
async fn the_trace_goes_with_the_call() {
    let (service, seen) = upstream(Outgoing::to("u"), &[200]);
    let context = TraceContext::root();
    context.clone().scope(call(&service, Request::get("/"))).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].headers()["traceparent"], context.traceparent());
}
