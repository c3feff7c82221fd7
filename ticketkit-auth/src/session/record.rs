use crate::refresh::RefreshRow;

/// A session as it is stored: nothing in it lets anyone sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of the user.
    pub user: String,
    /// The id of the session, the hashes of its refresh tokens, and its times.
    pub refresh: RefreshRow,
    /// Where it was last signed in or refreshed from.
    pub device: Device,
}

/// From where a session is used, for the list that its user reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// What the browser calls itself; cut it to what a list can show.
    pub user_agent: Option<String>,
    /// The address of the connection.
    pub address: Option<String>,
}

impl Session {
    /// Returns the id, which access tokens have in `sid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.refresh.session
    }
}

impl Device {
    /// Takes over what is known of `newer`.
    pub(super) fn update(&mut self, newer: Self) {
        self.user_agent = newer.user_agent.or(self.user_agent.take());
        self.address = newer.address.or(self.address.take());
    }
}
