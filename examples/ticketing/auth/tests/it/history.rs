use serde_json::json;

use crate::fixture::{PASSWORD, Service};

#[tokio::test]
async fn administrators_read_what_happened_to_a_user() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let root = admin.id().await;
    let mut eve = service.sign_up("eve@example.com").await;
    let id = eve.id().await;
    service.sign_up("someone.else@example.com").await;
    eve.sign_in("eve@example.com", "canary wrong").await.expect(401);
    eve.refresh().await.expect(200);
    let ban = format!("/api/users/{id}/ban");
    admin.put(&ban, json!({"reason": "forged tickets"})).await.expect(200);
    admin.delete(&ban).await.expect(200);
    eve.sign_in("eve@example.com", PASSWORD).await.expect(200);

    let path = format!("/api/users/{id}/history");
    let history = admin.get(&path).await.expect(200).json();
    assert_eq!(history["user"]["email"], "eve@example.com");
    let at = &history["items"][0]["at"];
    let line = |kind: &str| json!({"at": at, "kind": kind, "address": "192.0.2.1"});
    let by_admin = |kind: &str| {
        let mut line = line(kind);
        line["actorId"] = json!(root);
        line
    };
    let mut banned = by_admin("banned");
    banned["reason"] = json!("forged tickets");
    let expected = json!([
        line("signed_in"),
        by_admin("unbanned"),
        banned,
        line("sign_in_failed"),
        line("signed_up"),
    ]);
    assert_eq!(history["items"], expected, "newest first, without refreshes");
    assert_eq!(history["next"], json!(null));

    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = admin.get(&format!("{path}{query}")).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&after={next}");
    }
    assert_eq!(json!(seen), expected);
}

#[tokio::test]
async fn nobody_else_reads_it_and_nobody_else_is_in_it() {
    let service = Service::start().await;
    let mut admin = service.admin().await;
    let mut eve = service.sign_up("eve@example.com").await;
    let path = format!("/api/users/{}/history", eve.id().await);
    eve.get(&path).await.problem(403, "forbidden");
    service.browser().get(&path).await.problem(401, "unauthenticated");
    let query = admin.get(&format!("{path}?limit=0&after=x")).await;
    assert_eq!(query.problem(422, "validation_failed").fields(), ["after", "limit"]);
    let nobody = "/api/users/01890a5d-ac96-774b-bcce-b302099a8057/history";
    admin.get(nobody).await.problem(404, "not_found");
    admin.get("/api/users/nobody/history").await.problem(404, "not_found");
}
