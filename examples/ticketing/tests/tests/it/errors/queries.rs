//! Query strings.

use ticketing_tests::Request;

use super::matrix::Matrix;
use super::routes::{Cast, NOTHING, Route, all};
use crate::shared::shared;

const LISTS: [&str; 5] =
    ["/api/users", "/api/tickets", "/api/tickets/mine", "/api/orders", "/api/payments"];

fn lists() -> impl Iterator<Item = Route> {
    all().into_iter().filter(|route| route.method == "GET" && LISTS.contains(&route.path))
}

#[test]
fn a_limit_outside_1_to_100_breaks_a_rule() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in lists() {
        let client = cast.caller(&route);
        for limit in ["0", "101", "-1", "abc", "1.5", "1e1", "18446744073709551616", "%00", "%FF"] {
            matrix.case(format!("{}?limit={limit}", route.name()), || {
                let answer = client.get(format!("{}?limit={limit}", route.path));
                answer.problem(422, "validation_failed");
                let fields = answer.problem(422, "validation_failed").fields();
                assert_eq!(fields, ["limit".to_owned()].into(), "{answer:?}");
            });
        }
        for limit in ["1", "100"] {
            matrix.case(format!("{}?limit={limit}", route.name()), || {
                client.get(format!("{}?limit={limit}", route.path)).expect(200);
            });
        }
    }
    matrix.finish();
}

#[test]
fn a_search_text_has_at_most_100_characters() {
    let shared = shared();
    let client = shared.server.client();
    let search = |text: &str| client.get(format!("/api/tickets?q={text}"));
    for long in ["x".repeat(101), "%C3%A9".repeat(101), "x".repeat(30_000)] {
        let answer = search(&long);
        let fields = answer.problem(422, "validation_failed").fields();
        assert_eq!(fields, ["q".to_owned()].into(), "{answer:?}");
    }
    for fitting in ["", "x", &"x".repeat(100), &"%C3%A9".repeat(100)] {
        search(fitting).expect(200);
    }
    let both = client.get(format!("/api/tickets?q={}&limit=0", "x".repeat(101)));
    let fields = both.problem(422, "validation_failed").fields();
    assert_eq!(fields, ["limit".to_owned(), "q".to_owned()].into(), "all at once: {both:?}");
}

#[test]
fn a_cursor_or_an_id_that_is_none_breaks_a_rule() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in lists() {
        let client = cast.caller(&route);
        for after in ["nonsense", "%00", "%FF%FE", "-1", "'%20or%201=1", &"x".repeat(5_000)] {
            matrix.case(format!("{}?after={after:.20}", route.name()), || {
                let answer = client.get(format!("{}?after={after}", route.path));
                answer.problem(422, "validation_failed");
            });
        }
    }
    for id in ["abc", "", "%00", "5"] {
        matrix.case(format!("payments?orderId={id}"), || {
            let answer = cast.user().get(format!("/api/payments?orderId={id}"));
            if answer.status() != 200 || !id.is_empty() {
                answer.problem(422, "validation_failed");
            }
        });
    }
    matrix.finish();
}

/// None of these is named by the contract: whatever the answer, it is one.
#[test]
fn odd_queries_break_nothing() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in all().into_iter().filter(|route| route.method == "GET") {
        let client = cast.caller(&route);
        for query in [
            "unknown=1",
            "limit=1&limit=2",
            "q=%",
            "q=%zz",
            "q=%FF%00",
            "&&&===",
            "=",
            "limit",
            "q[]=1&q[a]=2",
            &"a=b&".repeat(5_000),
            &"x".repeat(60_000),
        ] {
            matrix.case(format!("{}?{query:.30}", route.name()), || {
                let target = format!("{}?{query}", route.at(NOTHING));
                let answer = client.send(Request::get(target));
                assert!(matches!(answer.status(), 200 | 404 | 422), "{answer:?}");
            });
        }
        matrix.case(format!("{}: an unknown name", route.name()), || {
            let plain = client.get(route.at(NOTHING)).status();
            let target = format!("{}?unknown=1", route.at(NOTHING));
            assert_eq!(client.get(target).status(), plain);
        });
    }
    matrix.finish();
}
