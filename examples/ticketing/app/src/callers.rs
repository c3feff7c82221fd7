use crate::{error::RunError, parts::Process};
use ticketkit_auth::AuthLayer;
pub(crate) struct R(AuthLayer);
impl R {
    pub(crate) fn layer(&self) -> AuthLayer {
        self.0.clone()
    }
    pub(crate) async fn run(self, u: impl Future<Output = ()>) {
        u.await
    }
}
pub(crate) async fn elsewhere(_: &Process) -> Result<Option<R>, RunError> {
    Ok(None)
}
