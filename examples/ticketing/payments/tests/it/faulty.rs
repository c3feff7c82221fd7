//! A provider that never answers at one point, for a crash to happen there.

use axum::Router;
use http::HeaderMap;
use ticketing_payments::provider::{
    Answered, BuiltIn, Charge, Notification, Provider, Report, WebhookError,
};
use ticketkit_core::chassis::Shutdown;
use ticketkit_events::{BoxFuture, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    BeforeCharge,
    AfterCharge,
    BeforeRefund,
    AfterRefund,
}

#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: BuiltIn,
    pub(crate) point: Point,
}

impl Faulty {
    async fn stop_at(&self, point: Point) {
        if self.point == point {
            std::future::pending::<()>().await;
        }
    }
}

impl Provider for Faulty {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn knows(&self, token: &str) -> bool {
        self.inner.knows(token)
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(async move {
            self.stop_at(Point::BeforeCharge).await;
            let report = Provider::charge(&self.inner, charge).await;
            self.stop_at(Point::AfterCharge).await;
            report
        })
    }

    fn confirm<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Provider::confirm(&self.inner, charge)
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Option<Report>> {
        Provider::look_up(&self.inner, charge)
    }

    fn cancel<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Provider::cancel(&self.inner, charge)
    }

    fn refund<'a>(&'a self, charge: &'a Charge) -> Answered<'a, Report> {
        Box::pin(async move {
            self.stop_at(Point::BeforeRefund).await;
            let report = Provider::refund(&self.inner, charge).await;
            self.stop_at(Point::AfterRefund).await;
            report
        })
    }

    fn read_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, WebhookError> {
        self.inner.read_webhook(headers, body, now)
    }

    fn run<'a>(&'a self, service: Router, shutdown: &'a Shutdown) -> BoxFuture<'a, ()> {
        self.inner.run(service, shutdown)
    }
}
