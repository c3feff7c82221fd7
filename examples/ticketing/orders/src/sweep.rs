//! The sweep: ends open orders whose hold is over and whom no timer has ended.
//!
//! The timer is a schedule of the expiration service, and its event comes at the deadline. The
//! sweep heals what that misses: an order that never got as far as a timer, or a timer that was
//! lost with a database.

use ticketing_contracts::OrderId;

use crate::{
    app::{App, RecordError},
    store,
};

/// How many orders are read at a time.
const BATCH: usize = 100;

/// Sweeps now and then, until the shutdown.
pub(crate) async fn run(app: App) {
    loop {
        let next = app.clock.now() + app.settings.sweep_every;
        tokio::select! {
            () = app.clock.sleep_until(next) => {}
            () = app.shutdown.requested() => return,
        }
        if let Err(error) = sweep(&app).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "overdue orders were not ended");
        }
    }
}

async fn sweep(app: &App) -> Result<(), RecordError> {
    // The timer comes first, and a payment that was in time may be on its way.
    let due = app.clock.now() - app.settings.sweep_every;
    loop {
        let orders = store::orders::overdue(&app.database, due, BATCH).await?;
        for &id in &orders {
            // One transaction each: the writer is free for buyers in between.
            expire(app, id).await?;
        }
        if orders.len() < BATCH || app.shutdown.is_requested() {
            return Ok(());
        }
    }
}

async fn expire(app: &App, id: OrderId) -> Result<(), RecordError> {
    let mut tx = app.database.begin().await?;
    let Some(mut order) = store::orders::find_to_change(&mut tx, id).await? else { return Ok(()) };
    if let Some(news) = order.expire(app.clock.now()) {
        app.record(&mut tx, &order, news).await?;
        tx.commit().await?;
        tracing::info!(order.id = %id, "the sweep ended an overdue order");
    }
    Ok(())
}
