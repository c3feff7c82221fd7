use serde_json::{Value, json};

use crate::fixture::{Browser, Service};

async fn emails(admin: &mut Browser, query: &str) -> Vec<String> {
    let page = admin.get(&format!("/api/users{query}")).await.expect(200).json();
    let items = page["items"].as_array().unwrap().clone();
    items.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn administrators_find_users_by_a_part_of_the_address() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    for email in ["Ada_L@example.com", "adaxl@example.com", "bob%@example.com"] {
        service.sign_up(email).await;
    }
    let all = ["bob%@example.com", "adaxl@example.com", "Ada_L@example.com", "root@example.com"];
    assert_eq!(emails(&mut admin, "").await, all);
    assert_eq!(emails(&mut admin, "?q=ADA").await, all[1..3]);
    assert_eq!(emails(&mut admin, "?q=a_l").await, all[2..3]);
    assert_eq!(emails(&mut admin, "?q=%25").await, all[..1]);
    assert_eq!(emails(&mut admin, "?q=%5C").await, [""; 0]);
}

#[tokio::test]
async fn the_list_has_pages() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    for n in 0..4 {
        service.sign_up(&format!("user{n}@example.com")).await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = admin.get(&format!("/api/users{query}")).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["email"].clone()));
        let Value::String(next) = &page["next"] else { break };
        query = format!("?limit=2&after={next}");
    }
    let expected = ["user3", "user2", "user1", "user0", "root"];
    assert_eq!(seen, expected.map(|name| json!(format!("{name}@example.com"))));
}

#[tokio::test]
async fn the_query_is_checked_whole() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let path = format!("/api/users?q={}&after=x&limit=101", "x".repeat(101));
    let answer = admin.get(&path).await;
    assert_eq!(answer.problem(422, "validation_failed").fields(), ["q", "after", "limit"]);
    admin.get("/api/users?q=%00").await.problem(422, "validation_failed");
}

#[tokio::test]
async fn others_are_refused() {
    let service = Service::start().await;
    service.browser().get("/api/users").await.problem(401, "unauthenticated");
    let mut ada = service.sign_up("ada@example.com").await;
    ada.get("/api/users?limit=0").await.problem(403, "forbidden");
}
