//! Faults that systems of this design are known to have, as far as they show from outside. The
//! others are beside the service that defends against them; `docs/src/faults.md` lists all.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use ticketing_tests::market::order_path;
use ticketing_tests::person::text;
use ticketing_tests::{Dice, Person, Request, Server};

use crate::sabotage::sabotage;
use crate::shared::shared;

/// F4: the money stays, and so does the order; giving it back is a path of its own.
#[test]
fn f4_a_paid_order_is_not_cancelled() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let ticket = seller.sell("Paid for", 100);
    let order = buyer.buy(&ticket);
    for _ in 0..2 {
        buyer.delete(order_path(&order)).problem(409, "order_not_cancellable");
    }
    assert_eq!(buyer.get(order_path(&order)).expect(200).json()["status"], "complete");
    assert_eq!(buyer.payments(&order)[0]["status"], "succeeded");
    let sold = seller.await_ticket(&ticket, "sold");
    assert_eq!(sold["orderId"], order["id"]);
}

/// F6: the harness can fail. Where an event is lost between the order and the bus, as it is where
/// writing and publishing are two steps, the order waits for ever.
#[test]
fn f6_without_its_outbox_the_news_of_an_order_is_lost() {
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let (told, lost) = (seller.sell("Told", 100), seller.sell("Lost", 100));
    seller.order_answer(&lost).problem(409, "own_ticket");
    let lose = "create trigger lose_news before insert on ticketkit_outbox
                begin select raise(ignore); end";
    sabotage(&server, "orders", lose);
    let forgotten = buyer.order(&lost);
    sabotage(&server, "orders", "drop trigger lose_news");
    // What comes later overtakes it, so that it is not merely late.
    buyer.reserve(&told);
    assert_eq!(buyer.get(order_path(&forgotten)).expect(200).json()["status"], "created");
}

/// F14: what is typed is what is asked for, shown and charged, to the cent.
#[test]
fn f14_a_price_survives_from_the_form_to_the_charge() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let mut dice = Dice::from_env(14);
    // Those that a float loses first, and some by chance.
    let mut prices: Vec<i64> = vec![29, 57, 58, 113, 114, 1_999, 8_190, 99_999_999, 100_000_000];
    prices.extend((0..4).map(|_| 1 + i64::try_from(dice.below(100_000)).expect("small")));
    for price in prices {
        let typed = format!("{}.{:02}", price / 100, price % 100);
        let form = [("title", "Exact"), ("price", typed.as_str()), ("currency", "eur")];
        let made = seller.send(Request::post("/tickets/new").form(&form));
        assert_eq!(made.status(), 303, "{typed}: {made:?}");
        let mine = seller.get("/api/tickets/mine?limit=1").expect(200).json();
        let ticket = &mine["items"][0];
        assert_eq!(ticket["price"], price, "{typed}");
        let order = buyer.buy(ticket);
        assert_eq!(order["ticket"]["price"], price, "{typed}");
        assert_eq!(buyer.payments(&order)[0]["amount"], price, "{typed}");
    }
}

/// F17: a session ends by itself, and only the auth service can make one.
#[test]
fn f17_a_token_is_short_lived_and_signed_with_a_key_that_nobody_else_has() {
    let shared = shared();
    let person = Person::sign_up(&shared.server, "somebody");
    let part = |index: usize| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let token = person.token();
        let part = token.split('.').nth(index).expect("a part").to_owned();
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64");
        serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON")
    };
    let (header, claims) = (part(0), part(1));
    assert_eq!(header["alg"], "EdDSA");
    let lifetime = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert!((1..=300).contains(&lifetime), "{lifetime} s");
    let keys = person.get("/.well-known/jwks.json").expect(200).json();
    let keys = keys["keys"].as_array().expect("keys");
    assert!(keys.iter().any(|key| key["kid"] == header["kid"]));
    for key in keys {
        assert!(key.get("d").is_none() && key.get("k").is_none(), "a private key is published");
    }
    let foreign = Request::post("/api/tickets")
        .json(&json!({"title": "Not mine", "price": 1}))
        .header("sec-fetch-site", "cross-site");
    person.send(foreign).problem(403, "cross_site_request");
    let me = person.get("/api/users/currentuser").expect(200).json();
    assert_eq!(text(&me["currentUser"], "id"), person.id);
}

/// Every known fault has a test that is named after it, somewhere in this workspace.
#[test]
fn every_known_fault_has_a_test_by_its_number() {
    let mut numbers = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut numbers);
    let missing: Vec<u32> = (1..=23).filter(|number| !numbers.contains(number)).collect();
    // F18 is about manifests, which are held to their schemas where they are.
    assert!(missing.iter().all(|number| *number == 18), "no test for {missing:?}");
    let page = include_str!("../../../../../docs/src/faults.md");
    for number in 1..=23 {
        assert!(page.contains(&format!("| F{number} |")), "F{number} is not on the page");
    }
}

fn read(folder: &Path, numbers: &mut BTreeSet<u32>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                read(&path, numbers);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("a source");
            for after in source.split("\nfn f").chain(source.split(" fn f")).skip(1) {
                let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                if after[digits.len()..].starts_with('_') {
                    numbers.extend(digits.parse::<u32>().ok());
                }
            }
        }
    }
}
