//! How a service that runs alone finds out who is asking: it verifies tokens by itself, with the keys
//! and the revocations of the auth service elsewhere.

use ticketkit_auth::RemoteAuth;

use crate::{
    error::RunError,
    parts::{ISSUER, Process},
    service::Service,
};

/// Follows the auth service, where this process has a service that asks and is not that one; none
/// where nobody asks, or nobody said where it is.
pub(crate) async fn elsewhere(process: &Process) -> Result<Option<RemoteAuth>, RunError> {
    let Some(service) = process.only.filter(|service| service.verifies_callers()) else {
        return Ok(None);
    };
    let (_, Some(url)) = process.settings.peer(Service::Auth) else { return Ok(None) };
    let bus = process.bus.as_ref().ok_or(RunError::no_events(service))?;
    let cookies = process.cookies.clone();
    let auth = RemoteAuth::builder(url.to_string(), ISSUER, ISSUER, cookies)
        // Services talk within one network, as they do to their databases and the broker.
        .danger_allow_plain_http()
        .bind(service.name(), bus)
        .await
        .map_err(RunError::start(service))?;
    auth.status().observe(&process.health, &process.metrics);
    Ok(Some(auth))
}
