//! 422: values of the right type that break a rule.

use std::collections::BTreeSet;

use serde_json::Value;

use super::matrix::Matrix;
use super::routes::{Cast, with_body};
use crate::shared::shared;

#[test]
fn each_broken_rule_is_named_with_its_field() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        for member in route.members() {
            for value in &member.broken {
                let shown: String = value.to_string().chars().take(40).collect();
                matrix.case(format!("{}: {} = {shown}", route.name(), member.name), || {
                    let body = route.with(member.name, value.clone());
                    let answer = client.send(route.bare().json(&body));
                    let problem = answer.problem(422, "validation_failed");
                    problem.about(member.name);
                    assert_eq!(problem.fields().len(), 1, "only that one: {answer:?}");
                });
            }
        }
    }
    matrix.finish();
}

#[test]
fn all_broken_rules_are_listed_at_once() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        let client = cast.caller(&route);
        let mut body = route.good();
        let mut broken = BTreeSet::new();
        for member in route.members() {
            if let Some(value) = member.broken.first() {
                body[member.name] = value.clone();
                broken.insert(member.name.to_owned());
            }
        }
        if broken.len() < 2 {
            continue;
        }
        matrix.case(route.name(), || {
            let answer = client.send(route.bare().json(&body));
            assert_eq!(answer.problem(422, "validation_failed").fields(), broken, "{answer:?}");
        });
    }
    matrix.finish();
}

/// A price between what fits into a signed and into an unsigned integer: refused either way.
#[test]
fn a_number_at_the_border_of_64_bits_is_refused() {
    let shared = shared();
    let cast = Cast::of(&shared);
    let mut matrix = Matrix::default();
    for route in with_body() {
        for member in route.members().iter().filter(|member| member.name == "price") {
            for value in [i64::MAX as u64 + 1, u64::MAX] {
                matrix.case(format!("{}: {value}", route.name()), || {
                    let body = route.with(member.name, Value::from(value));
                    let answer = cast.caller(&route).send(route.bare().json(&body));
                    match answer.status() {
                        400 => answer.problem(400, "malformed_body").about("price"),
                        _ => answer.problem(422, "validation_failed").about("price"),
                    }
                });
            }
        }
    }
    matrix.finish();
}
