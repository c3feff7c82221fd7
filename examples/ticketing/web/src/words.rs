//! What the pages say: one table for the refusals, one for what was done, one for the states.
//!
//! The services' codes are stable, their texts are for developers as well. A code that is not here
//! is told in the service's own words.

use ticketkit_core::Problem;

/// What a refusal means to the person who reads it.
pub(crate) fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "account_banned" => "This account is suspended.",
        "already_paid" => "This order is already paid.",
        "auth_stale" | "unavailable" => {
            "That does not work at the moment. Please try again in a few seconds."
        }
        "cannot_ban_self" => "You cannot ban yourself.",
        "cross_site_request" => {
            "This request came from another site, so we did nothing. Please use the form on our own page."
        }
        "email_in_use" => "This e-mail address has an account already. Sign in instead?",
        "forbidden" => "This page is not for you.",
        "idempotency_key_reused" => "That payment was sent already. Please try once more.",
        "internal" => "We have noted it and will look into it. Please try again later.",
        "invalid_credentials" => "The e-mail address or the password is not right.",
        "method_not_allowed" => "That cannot be done here.",
        "not_found" => "There is nothing here. It may have been moved, or never was.",
        "order_expired" => "The time to pay is over. The ticket is for sale again.",
        "order_not_cancellable" => "This order can no longer be cancelled.",
        "order_not_payable" => "This order cannot be paid, now or any longer.",
        "order_not_refundable" => "This order cannot be refunded.",
        "own_ticket" => "This is your own ticket.",
        "payload_too_large" => "That was too much at once.",
        "payment_declined" => "The card was declined. Nothing was charged; try another one.",
        "payment_in_progress" => "A payment for this order is on its way already.",
        "rate_limited" => "Too many attempts. Please wait a while before you try again.",
        "session_expired" | "session_revoked" | "unauthenticated" => "Please sign in again.",
        "stale_version" => {
            "The ticket has changed since you opened this page. Look it over and save again."
        }
        "ticket_reserved" => {
            "Someone else is buying this ticket. If they do not pay in time, it will be for sale again."
        }
        "ticket_sold" => "This ticket is sold.",
        "ticket_withdrawn" => "This ticket was withdrawn and is no longer for sale.",
        "timeout" | "upstream_failed" => "That took too long or went wrong. Please try again.",
        _ => return None,
    })
}

/// What a problem means to the person who reads it.
pub(crate) fn of_problem(problem: &Problem) -> String {
    of_code(problem.code.as_str()).map_or_else(
        || sentence(problem.detail.as_deref().unwrap_or(&problem.title)),
        str::to_owned,
    )
}

/// Makes a sentence of a message in the house style: `must not be empty`.
pub(crate) fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// What was done, by the code in the address: a text in an address could be anybody's.
pub(crate) fn done(code: &str) -> Option<&'static str> {
    Some(match code {
        "event-discarded" => "The event is discarded.",
        "event-gone" => "That event was no longer parked.",
        "event-redriven" => "The event is on its way again.",
        "order-cancelled" => "The order is cancelled. You have paid nothing.",
        "password-changed" => "Your password is changed. All other sessions have ended.",
        "refund-begun" => "The payment is being refunded.",
        "session-ended" => "The session has ended.",
        "signed-out" => "You are signed out.",
        "ticket-changed" => "Your changes are saved.",
        "ticket-created" => "Your ticket is for sale.",
        "ticket-withdrawn" => "The ticket is withdrawn.",
        "user-banned" => "The user is banned and signed out everywhere.",
        "user-lifted" => "The ban is lifted.",
        _ => return None,
    })
}

/// The name of a state.
pub(crate) fn state(status: &str) -> String {
    match status {
        "available" => "For sale".to_owned(),
        "awaiting_payment" => "Waiting for payment".to_owned(),
        "created" => "Being reserved".to_owned(),
        "complete" => "Paid".to_owned(),
        "refresh_expired" => "Session had run out".to_owned(),
        "refresh_reused" => "Session ended, its token came twice".to_owned(),
        "sign_in_banned" => "Sign-in while banned".to_owned(),
        "sign_in_failed" => "Sign-in failed".to_owned(),
        "unbanned" => "Ban lifted".to_owned(),
        other => sentence(&other.replace('_', " ")).trim_end_matches('.').to_owned(),
    }
}

/// The colour of a state.
pub(crate) fn tone(status: &str) -> &'static str {
    match status {
        "available" | "complete" | "succeeded" => "good",
        "created" | "awaiting_payment" | "reserved" | "processing" | "requires_action" => "wait",
        "failed" | "banned" | "refresh_reused" => "bad",
        _ => "",
    }
}

/// Why an order was cancelled.
pub(crate) fn cancelled(reason: Option<&str>) -> &'static str {
    match reason.unwrap_or_default() {
        "buyer" | "cancelled" | "cancelled_by_buyer" => "You have cancelled this order.",
        "price_changed" | "ticket_changed" | "stale_version" | "version" => {
            "The seller changed the ticket just before you bought it."
        }
        "seller_banned" => "The seller's account is suspended.",
        "ticket_reserved" | "reserved" => "Someone else was quicker.",
        "ticket_sold" | "sold" => "The ticket was sold to someone else.",
        "ticket_withdrawn" | "withdrawn" | "seller_withdrew" => "The seller withdrew the ticket.",
        "user_banned" => "Your account was suspended.",
        _ => "This order is over.",
    }
}

/// A browser's name out of its `User-Agent`, as far as it helps to recognise a session.
pub(crate) fn device(user_agent: Option<&str>) -> String {
    let Some(agent) = user_agent.filter(|agent| !agent.trim().is_empty()) else {
        return "Unknown device".to_owned();
    };
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Each browser claims to be all that came before it: the youngest mark comes first.
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chromium"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("must not be empty"), "Must not be empty.");
        assert_eq!(sentence("Is it?"), "Is it?");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn a_session_is_named_after_its_browser() {
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device(Some(edge)), "Edge on Windows");
        assert_eq!(device(Some("curl/8.5")), "curl");
        assert_eq!(device(None), "Unknown device");
    }

    #[test]
    fn only_known_codes_are_shown_as_done() {
        assert!(done("ticket-created").is_some());
        assert!(done("<b>your account is locked, call 0900</b>").is_none());
    }
}
