//! Lists: search, order and paging.

use std::collections::BTreeSet;

use serde_json::Value;
use ticketing_tests::market::{items, ticket_path};
use ticketing_tests::person::text;
use ticketing_tests::{Client, Person};

use crate::shared::shared;

/// All items of a list, page by page.
fn walk(client: &Client, target: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = client.get(format!("{target}&limit={limit}{after}")).expect(200).json();
        let found = items(&page);
        assert!(found.len() <= limit, "{} on a page of {limit}", found.len());
        all.extend(found);
        match page.get("next").expect("a member `next`") {
            Value::Null => return all,
            next => after = format!("&after={}", next.as_str().expect("a cursor")),
        }
        assert!(all.len() <= 1_000, "no end");
    }
}

#[test]
fn pages_show_each_available_ticket_once_newest_first() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let mark = format!("walk {}", seller.id);
    let mut expected: Vec<String> =
        (0..7).map(|n| text(&seller.sell(&format!("{mark} {n}"), 100), "id")).collect();
    expected.reverse();
    let query = format!("/api/tickets?q={}", mark.replace(' ', "%20"));
    for limit in [1, 2, 3, 7, 100] {
        let found = walk(&shared.server.client(), &query, limit);
        let ids: Vec<String> = found.iter().map(|ticket| text(ticket, "id")).collect();
        assert_eq!(ids, expected, "in pages of {limit}");
    }
}

#[test]
fn a_page_has_twenty_unless_asked() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    for n in 0..21 {
        drop(seller.sell(&format!("Twenty {n}"), 100));
    }
    let page = seller.get("/api/tickets/mine").expect(200).json();
    assert_eq!(items(&page).len(), 20);
    assert!(page["next"].is_string());
}

#[test]
fn only_available_tickets_are_on_the_market_and_all_are_mine() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let buyer = Person::sign_up(&shared.server, "buyer");
    let mark = seller.id.clone();
    let sell = |title: &str| seller.sell(&format!("{title} {mark}"), 100);
    let (free, reserved, sold, withdrawn) = (sell("a"), sell("b"), sell("c"), sell("d"));
    buyer.reserve(&reserved);
    buyer.buy(&sold);
    seller.delete(ticket_path(&withdrawn)).expect(204);
    seller.await_ticket(&reserved, "reserved");
    seller.await_ticket(&sold, "sold");

    let found = items(&buyer.get(format!("/api/tickets?q={mark}")).expect(200).json());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["id"], free["id"]);
    let mine = items(&seller.get("/api/tickets/mine").expect(200).json());
    let states: BTreeSet<String> = mine.iter().map(|ticket| text(ticket, "status")).collect();
    assert_eq!(states, ["available", "reserved", "sold", "withdrawn"].map(str::to_owned).into());
    assert_eq!(items(&buyer.get("/api/tickets/mine").expect(200).json()).len(), 0);
}

/// What means something to a database means nothing in a search.
#[test]
fn the_search_takes_its_text_literally() {
    let shared = shared();
    let seller = Person::sign_up(&shared.server, "seller");
    let mark = seller.id.clone();
    for title in ["100% off", "snake_case", r"back\slash", "O'Brien", "Ünïcode", "semi;--"] {
        drop(seller.sell(&format!("{title} {mark}"), 100));
    }
    let found = |query: &str| -> usize {
        let target = format!("/api/tickets?q={query}%20{mark}");
        items(&shared.server.client().get(target).expect(200).json()).len()
    };
    for (query, count) in [
        ("100%25%20off", 1),
        ("1%25off", 0),
        ("snake_case", 1),
        ("snakeXcase", 0),
        ("s_ake%5Fcase", 0),
        ("back%5Cslash", 1),
        ("o%27brien", 1),
        ("semi;--", 1),
        ("%25", 0),
        ("%C3%9Cn%C3%AFcode", 1),
        ("%C3%BCN%C3%8FCODE", 1),
    ] {
        assert_eq!(found(query), count, "q={query}");
    }
}

#[test]
fn my_orders_are_mine_alone() {
    let shared = shared();
    let person = |name| Person::sign_up(&shared.server, name);
    let (seller, one, two) = (person("seller"), person("one"), person("two"));
    let order = one.reserve(&seller.sell("For one", 100));
    two.reserve(&seller.sell("For two", 100));
    let mine = items(&one.get("/api/orders").expect(200).json());
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0], one.get(ticketing_tests::market::order_path(&order)).expect(200).json());
}
