//! Who asks for a page, and from where.

use std::time::SystemTime;

use axum::extract::FromRequestParts;
use http::{Method, request::Parts};
use minijinja::{Value, context};

use crate::{
    api::User,
    error::{Error, Failure},
    gateway::{Client, Refusal},
    local_path::LocalPath,
    words,
};
use ticketkit_core::error::{Forbidden, Internal};

/// The person in front of the page, and their way to the services.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) client: Client,
    user: Option<User>,
    unknown: Option<Unknown>,
    path: String,
    here: LocalPath,
    flash: Option<&'static str>,
    bare: bool,
}

/// Why it is not known who asks.
#[derive(Debug)]
enum Unknown {
    /// The auth service could not say.
    Refused(Box<Refusal>),
    /// It could not be asked.
    Away,
}

impl Visitor {
    /// Someone of whom only what is known already shall be used, for error pages.
    pub(crate) fn known(client: Client, path: &str) -> Self {
        let user = client.known_user();
        // Without a look at the session it is open which links of the header are right.
        let bare = user.is_none() && client.has_session_cookie();
        let here = LocalPath::or_home("/");
        Self { client, user, unknown: None, path: path.to_owned(), here, flash: None, bare }
    }

    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the user, or asks to sign in and come back here.
    pub(crate) fn require(&self) -> Result<&User, Error> {
        self.require_and_return(None)
    }

    /// Returns the user, or asks to sign in and then go to another page of ours.
    pub(crate) fn require_for(&self, path: &str) -> Result<&User, Error> {
        self.require_and_return(Some(path))
    }

    fn require_and_return(&self, path: Option<&str>) -> Result<&User, Error> {
        match &self.unknown {
            Some(Unknown::Refused(refusal)) => return Err(Error::Refused(refusal.clone())),
            Some(Unknown::Away) => return Err(Failure::upstream("nobody knows who asks").into()),
            None => {}
        }
        let back = path.map_or_else(|| self.here.clone(), LocalPath::or_home);
        self.user.as_ref().ok_or(Error::SignIn(back))
    }

    /// Returns the administrator, or refuses.
    pub(crate) fn require_admin(&self) -> Result<&User, Error> {
        let user = self.require()?;
        if user.is_admin() { Ok(user) } else { Err(Forbidden.into()) }
    }

    /// What every template knows: the frame of the page.
    pub(crate) fn page(&self, title: &str) -> Value {
        let user = self.user.as_ref().map(|user| {
            context! { id => user.id.to_string(), email => &*user.email, admin => user.is_admin() }
        });
        context! {
            title,
            user,
            path => &*self.path,
            flash => self.flash,
            bare => self.bare,
            now => now(),
        }
    }
}

/// The server's time in milliseconds, for the countdown.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|time| time.as_millis().try_into().ok())
        .unwrap_or_default()
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(client) = parts.extensions.get::<Client>().cloned() else {
            let text = "the layer that makes the client of a request is missing";
            return Err(Failure::from(Internal::new(text)).into());
        };
        let (user, unknown) = match client.user().await {
            Ok(user) => (user, None),
            // Pages for everybody are shown all the same.
            Err(Error::Refused(refusal)) => (None, Some(Unknown::Refused(refusal))),
            Err(error) => {
                tracing::warn!(?error, "the auth service can not be asked who it is");
                (None, Some(Unknown::Away))
            }
        };
        let uri = &parts.uri;
        let query = uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let flash = pairs.iter().find(|(name, _)| name == "done");
        let here = if parts.method == Method::GET {
            uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
        } else {
            // What a form posts to is no page to come back to.
            "/"
        };
        Ok(Self {
            client,
            user,
            unknown,
            path: uri.path().to_owned(),
            here: LocalPath::or_home(here),
            flash: flash.and_then(|(_, code)| words::done(code)),
            bare: false,
        })
    }
}
