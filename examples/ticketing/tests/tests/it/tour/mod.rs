//! A tour of every page, on a phone and on a desk, by day and by night: a picture of each in the
//! target folder, and what a page owes its readers measured on each: by measures of our own, and by
//! those of axe-core, an independent one. `cargo xtask screenshots` puts sheets of the pictures into the
//! book.

mod sheet;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ticketing_contracts::{OrderId, PaymentId, order::OrderRefundRequested};
use ticketing_tests::browser::{Browser, View};
use ticketing_tests::person::text;
use ticketing_tests::{Person, Server, wait::SOON};
use ticketkit_events::{Bus, Publisher};

const ADMIN: &str = "admin@example.org";

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots/tour");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The script of axe-core: where the environment says, or where `cargo xtask test` puts it.
fn axe() -> String {
    let path = std::env::var_os("TICKETKIT_TEST_AXE").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("../axe/node_modules/axe-core/axe.min.js"),
        PathBuf::from,
    );
    std::fs::read_to_string(path).expect("the script of axe-core")
}

fn sign_in(browser: &Browser, server: &Server, person: &Person) {
    browser.visit(&format!("{}/auth/signin", server.url()));
    browser.find("main [name=email]").type_text(&person.email);
    browser.find("main [name=password]").type_text(&person.password);
    browser.find("main form button").click_and_leave();
    browser.await_text("Sign out");
}

struct Tour<'a> {
    browser: &'a Browser,
    server: &'a Server,
    axe: String,
    names: Vec<String>,
    faults: Vec<String>,
}

impl Tour<'_> {
    /// Looks at a page from everywhere; `before` brings it into the state that is meant.
    fn page(&mut self, name: &str, path: &str, before: impl Fn(&Browser)) {
        self.names.push(name.to_owned());
        for view in View::ALL {
            self.browser.look(view);
            self.browser.visit(&format!("{}{path}", self.server.url()));
            before(self.browser);
            self.browser.find("main h1");
            let seen = format!("{name}-{}", view.name());
            let mut faults = self.browser.audit();
            faults.extend(self.browser.axe(&self.axe));
            self.faults.extend(faults.into_iter().map(|fault| format!("{seen}: {fault}")));
            self.browser.screenshot_of_all(view, &folder().join(format!("{seen}.png")));
        }
    }

    fn pages(&mut self, pages: &[(&str, String)]) {
        for (name, path) in pages {
            self.page(name, path, |_| {});
        }
    }
}

fn path_of(kind: &str, document: &Value) -> String {
    format!("/{kind}/{}", text(document, "id"))
}

/// Tells payments to give back what it never took, and waits until it has given that up; returns the
/// event's id.
fn park(server: &Server) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let file = server.folder().join("data/events.db");
        let bus = Bus::open(&format!("sqlite://{}", file.display())).await.expect("the engine");
        let (id, payment_id) = (OrderId::new(), PaymentId::new());
        let reason = "The concert was cancelled".to_owned();
        let event = OrderRefundRequested { id, version: 7, payment_id, reason };
        Publisher::new("orders").publish(&bus, &event).await.expect("an event");
        let deadline = Instant::now() + SOON;
        loop {
            let parked = bus.parked().list("payments", None, 1).await.expect("a list");
            if let Some(event) = parked.first() {
                return event.envelope.id.to_string();
            }
            assert!(Instant::now() < deadline, "the event is not given up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

#[test]
#[ignore = "needs chromium, chromedriver and axe-core: run cargo xtask test"]
fn every_page_is_readable_on_every_screen() {
    let server = Server::with(&[("TICKETING_ADMIN_EMAIL", ADMIN)]);
    let browser = Browser::open();
    let mut tour = Tour {
        browser: &browser,
        server: &server,
        axe: axe(),
        names: Vec::new(),
        faults: Vec::new(),
    };
    tour.page("01-empty-market", "/", |_| {});

    let admin = Person::sign_up_as(&server, ADMIN);
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let villain = Person::sign_up(&server, "villain");
    let ban = format!("/api/users/{}/ban", villain.id);
    admin.put(ban, &json!({"reason": "Sold a ticket to a concert that never was"})).expect(200);
    for (title, price) in [
        ("Berlin Philharmonic, 14 May, block C row 4", 8_450),
        ("Wimbledon, Centre Court, ladies' semi-finals, seat 112", 21_000),
        ("Donaudampfschifffahrtsgesellschaftskapitänsball, Saal 2, Tisch 14", 100_000_000),
    ] {
        seller.sell(title, price);
    }
    let reserved = seller.sell("The Magic Flute, row 7", 4_999);
    let open = buyer.reserve(&reserved);
    let asked = buyer.reserve(&seller.sell("Asked by the bank", 1_000));
    buyer.pay(&asked, "pm_card_authenticationRequired").expect(201);
    let declined = buyer.reserve(&seller.sell("Declined", 1_000));
    buyer.pay(&declined, "pm_card_chargeDeclined").problem(402, "payment_declined");
    let complete = buyer.buy(&seller.sell("Paid and done", 2_500));
    let cancelled = buyer.reserve(&seller.sell("Called off", 1_500));
    buyer.delete(format!("/api/orders/{}", text(&cancelled, "id"))).expect(204);
    let refunded = buyer.buy(&seller.sell("Given back", 3_500));
    let refund = format!("/api/orders/{}/refund", text(&refunded, "id"));
    admin.post(refund, &json!({"reason": "The concert was cancelled"})).expect(202);
    buyer.await_order(&refunded, "refunded");

    let list = |pages: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pages.iter().map(|(name, path)| (*name, (*path).to_owned())).collect()
    };
    tour.pages(&list(&[
        ("02-market", "/"),
        ("03-nothing-found", "/?q=nothing+has+this+name"),
        ("04-sign-up", "/auth/signup"),
        ("05-sign-in", "/auth/signin"),
        ("07-not-found", "/tickets/nowhere"),
    ]));
    tour.page("06-errors-beside-fields", "/auth/signup", |browser| {
        browser.find("main [name=email]").type_text("no-address");
        browser.run("document.querySelectorAll('form').forEach(form => form.noValidate = true)");
        browser.find("main form button").click_and_leave();
        browser.find("[aria-invalid=true]");
    });
    tour.page("08-ticket-of-a-visitor", &path_of("tickets", &reserved), |_| {});

    let fresh = Person::sign_up(&server, "fresh");
    let new = Browser::open();
    sign_in(&new, &server, &fresh);
    tour.browser = &new;
    tour.pages(&list(&[
        ("10-no-tickets", "/tickets/mine"),
        ("11-no-orders", "/orders"),
        ("12-sell", "/tickets/new"),
        ("13-account", "/account"),
        ("14-sign-out", "/auth/signout"),
        ("15-forbidden", "/admin/users"),
    ]));

    let buying = Browser::open();
    sign_in(&buying, &server, &buyer);
    tour.browser = &buying;
    tour.pages(&[
        ("20-orders", "/orders".to_owned()),
        ("21-order-to-pay", path_of("orders", &open)),
        ("22-order-asked", path_of("orders", &asked)),
        ("23-order-after-a-decline", path_of("orders", &declined)),
        ("24-receipt", path_of("orders", &complete)),
        ("25-cancelled", path_of("orders", &cancelled)),
        ("26-refunded", path_of("orders", &refunded)),
    ]);

    let selling = Browser::open();
    sign_in(&selling, &server, &seller);
    tour.browser = &selling;
    let offered = seller.sell("To be changed", 1_234);
    tour.pages(&[
        ("30-my-tickets", "/tickets/mine".to_owned()),
        ("31-own-ticket", path_of("tickets", &offered)),
        ("32-own-reserved", path_of("tickets", &reserved)),
    ]);

    let ruling = Browser::open();
    sign_in(&ruling, &server, &admin);
    tour.browser = &ruling;
    tour.pages(&[
        ("40-users", "/admin/users".to_owned()),
        ("41-events", "/admin/events".to_owned()),
        ("42-history", path_of("orders", &refunded)),
        ("43-refund", path_of("orders", &complete)),
        ("45-user", format!("/admin/users/{}", villain.id)),
    ]);
    tour.page("44-ban", "/admin/users", |browser| browser.find("details.ban summary").click());
    let parked = park(&server);
    tour.pages(&[
        ("46-parked", "/admin/events".to_owned()),
        ("47-parked-event", format!("/admin/events/payments/{parked}")),
    ]);
    let Tour { mut names, faults, .. } = tour;
    names.sort();
    if let Some(sheets) = std::env::var_os("TICKETING_TEST_SHEETS") {
        sheet::write(&names, &folder(), Path::new(&sheets));
    }
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
}

/// The measures can fail: a page that owes all of it is told so.
#[test]
#[ignore = "needs chromium, chromedriver and axe-core: run cargo xtask test"]
fn a_bad_page_is_found_out() {
    let browser = Browser::open();
    // A phone would zoom out of a page that does not say how wide it is.
    browser.look(View { width: 700, dark: false });
    let page = "data:text/html,<body style='background:white'><p style='color:%23aaa'>pale</p>\
                <h3 id=x>deep</h3><input id=x style='border:1px solid %23eee'><button></button>\
                <div style='width:900px'>wide</div>";
    browser.visit(page);
    let faults = browser.audit().join("\n");
    for rule in [
        "contrast: 2",
        "contrast of a border",
        "a field without a label",
        "nothing to read",
        "#x is there twice",
        "not one first heading",
        "left out",
        "language",
        "title",
        "main part",
        "too wide",
    ] {
        assert!(faults.contains(rule), "{rule} is missing in\n{faults}");
    }
    let faults = browser.axe(&axe()).join("\n");
    for rule in ["axe color-contrast", "axe label", "axe button-name", "axe html-has-lang"] {
        assert!(faults.contains(rule), "{rule} is missing in\n{faults}");
    }
}

/// Without a mouse: each stop is seen, in the order in which it is read, and enough to buy.
#[test]
#[ignore = "needs chromium and chromedriver: run cargo xtask test"]
fn the_keyboard_reaches_everything_and_shows_where_it_is() {
    const TAB: &str = "\u{E004}";
    const ENTER: &str = "\u{E007}";
    let server = Server::start();
    let (seller, buyer) = (Person::sign_up(&server, "seller"), Person::sign_up(&server, "buyer"));
    let ticket = seller.sell("By keyboard", 1_000);
    let browser = Browser::open();
    browser.visit(&format!("{}/auth/signin", server.url()));
    browser.run("document.activeElement.blur()");
    let mut stops = Vec::new();
    for _ in 0..7 {
        browser.press_key(TAB);
        let script = "const at = document.activeElement, style = getComputedStyle(at);
                      return [at.name || at.textContent.trim(), style.outlineStyle, at.getBoundingClientRect().top]";
        let stop = browser.run(script);
        assert_ne!(stop[1], "none", "the focus is not seen: {stop}");
        stops.push(stop[0].as_str().unwrap_or_default().to_owned());
    }
    let expected = ["Skip to the content", "Ticketing", "Sign up", "Sign in", "email", "password"];
    assert_eq!(stops[..6], expected, "{stops:?}");

    browser.find("main [name=email]").type_text(&buyer.email);
    browser.find("main [name=password]").type_text(&format!("{}{ENTER}", buyer.password));
    browser.await_text("Sign out");
    browser.visit(&format!("{}/tickets/{}", server.url(), text(&ticket, "id")));
    for _ in 0..20 {
        browser.press_key(TAB);
        if browser.run("return document.activeElement.textContent.startsWith('Buy')") == true {
            break;
        }
    }
    browser.press_key(ENTER);
    browser.await_url("/orders/");
    browser.find("input[name=token]");
    for _ in 0..20 {
        browser.press_key(TAB);
        if browser.run("return document.activeElement.textContent.startsWith('Pay')") == true {
            break;
        }
    }
    browser.press_key(ENTER);
    browser.await_text("Receipt");
}
