//! Giving money back.

use serde::{Deserialize, de::IgnoredAny};

use super::{ApiError, List, Stripe};
use crate::provider::{Charge, ChargeState, ProviderError, Report};

/// A refund of a charge, or of a part of it.
#[derive(Debug, Deserialize)]
struct Refund {
    amount: i64,
    status: Option<String>,
}

/// The refunds of a charge together.
#[derive(Debug, Default)]
struct Refunds {
    /// What is back.
    back: i64,
    /// Whether one is on its way. A bank may still refuse it, days later.
    under_way: bool,
    /// How many came to nothing.
    in_vain: u32,
}

impl Stripe {
    /// Gives back what was not given back yet, and waits for what is on its way.
    pub(super) async fn give_back(&self, charge: &Charge) -> Result<Report, ProviderError> {
        let Some(intent) = &charge.provider_id else {
            let text = format!("{} has no charge at Stripe", charge.payment);
            return Err(ProviderError::Refused(text));
        };
        let mut refunds = self.refunds(intent).await?;
        if refunds.back < charge.amount && !refunds.under_way {
            self.begin_refund(charge, intent, &refunds).await?;
            refunds = self.refunds(intent).await?;
        }
        let all = refunds.back >= charge.amount;
        let state = if all { ChargeState::Refunded } else { ChargeState::Succeeded };
        Ok(Report { provider_id: Some(intent.clone()), state })
    }

    async fn begin_refund(
        &self,
        charge: &Charge,
        intent: &str,
        before: &Refunds,
    ) -> Result<(), ProviderError> {
        // After one that came to nothing the next is a request of its own; a crash in between
        // repeats the same one.
        let key = format!("{}-refund-{}", charge.key(), before.in_vain);
        let left = (charge.amount - before.back).to_string();
        let form = [("payment_intent", intent), ("amount", &left)];
        match self.api.post::<IgnoredAny>("/v1/refunds", &form, Some(&key)).await {
            Ok(_) => Ok(()),
            Err(ApiError::Refused(refusal)) => Err(ProviderError::Refused(refusal.to_string())),
            Err(ApiError::Unknown(error)) => Err(error),
        }
    }

    async fn refunds(&self, intent: &str) -> Result<Refunds, ProviderError> {
        let query = [("payment_intent", intent), ("limit", "100")];
        let list: List<Refund> = self.api.get("/v1/refunds", &query).await?;
        Ok(list.data.into_iter().fold(Refunds::default(), |mut all, refund| {
            match refund.status.as_deref() {
                Some("succeeded") => all.back += refund.amount,
                Some("failed" | "canceled") => all.in_vain += 1,
                _ => all.under_way = true,
            }
            all
        }))
    }
}
