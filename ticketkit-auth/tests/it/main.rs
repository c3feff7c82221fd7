//! What the security page demands: each check is a test that has its id in its name.

mod attack;
mod cookies;
mod cross_site;
mod examples;
mod feed;
mod fetch;
mod forge;
mod guards;
mod interop;
mod issuer;
mod keys;
mod logs;
mod passwords;
mod place;
mod revocation;
mod sessions;
mod simulation;
mod stored_before;
mod stored_sessions;
mod stored_throttle;
mod streams;
mod throttle;
mod token_claims;
mod token_form;
mod token_keys;
mod vectors;
