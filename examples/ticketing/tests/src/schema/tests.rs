use serde_json::{Value, json};

use super::{dangling, faults};

fn document() -> Value {
    json!({"schemas": {
        "Id": {"type": "string", "format": "uuid"},
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/schemas/Id"}}},
        "Thing": {
            "allOf": [{"$ref": "#/schemas/Base"}],
            "required": ["state"],
            "properties": {
                "state": {"enum": ["a", "b"]},
                "price": {"type": "integer", "minimum": 1, "maximum": 9},
                "name": {"type": ["string", "null"], "minLength": 2, "maxLength": 3},
                "at": {"type": "string", "format": "date-time"},
                "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/schemas/Base"}},
                "either": {"anyOf": [{"$ref": "#/schemas/Base"}, {"type": "null"}]},
                "one": {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]},
                "fixed": {"const": true},
            },
        },
    }})
}

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn broken(changes: &Value) -> bool {
    let mut thing = json!({"id": ID, "state": "a"});
    for (name, value) in changes.as_object().unwrap() {
        thing[name] = value.clone();
    }
    !faults(&document(), &json!({"$ref": "#/schemas/Thing"}), &thing).is_empty()
}

#[test]
fn what_a_schema_allows_passes() {
    let all = json!({
        "price": 9, "name": "ünï", "at": "2026-12-31T00:00:00.123Z", "code": "USD",
        "items": [{"id": ID}], "either": {"id": ID}, "one": {"x": 1}, "fixed": true,
    });
    for good in [json!({}), json!({"name": null}), json!({"either": null}), all] {
        assert!(!broken(&good), "{good}");
    }
}

#[test]
fn every_broken_keyword_is_a_fault() {
    for bad in [
        json!({"id": "1"}),
        json!({"id": 1}),
        json!({"state": "c"}),
        json!({"state": null}),
        json!({"price": 0}),
        json!({"price": 10}),
        json!({"price": 1.5}),
        json!({"name": "x"}),
        json!({"name": "long"}),
        json!({"name": 1}),
        json!({"at": "2026-12-31T00:00:00+01:00"}),
        json!({"at": "tomorrow"}),
        json!({"code": "usd"}),
        json!({"items": []}),
        json!({"items": [{}]}),
        json!({"items": [{"id": ID, "more": 1}]}),
        json!({"either": 1}),
        json!({"one": {}}),
        json!({"one": {"x": 1, "y": 1}}),
        json!({"fixed": false}),
        json!({"undescribed": 1}),
    ] {
        assert!(broken(&bad), "{bad}");
    }
    assert!(
        !faults(&document(), &json!({"$ref": "#/schemas/Thing"}), &json!({"id": ID})).is_empty()
    );
}

#[test]
fn what_the_checker_does_not_know_is_no_pass() {
    for schema in [
        json!({"multipleOf": 2}),
        json!({"format": "ipv4"}),
        json!({"pattern": "^x$"}),
        json!({"$ref": "#/schemas/Nothing"}),
        json!(true),
    ] {
        assert!(!faults(&document(), &schema, &json!("x")).is_empty(), "{schema}");
    }
}

#[test]
fn references_that_lead_nowhere_are_found() {
    assert_eq!(dangling(&document()), Vec::<String>::new());
    let away = json!({"a": [{"$ref": "#/b"}], "c": {"$ref": "other.json#/d"}});
    assert_eq!(dangling(&away).len(), 2);
}
