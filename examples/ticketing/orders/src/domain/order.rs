use ticketing_contracts::{
    OrderId, PaymentId, Timestamp, UserId,
    order::{self as contract, OrderStatus, OrderedTicket},
    ticket,
};

use super::Reason;

/// An order as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    /// Counts every change, from 1.
    pub(crate) version: i64,
    pub(crate) buyer: UserId,
    pub(crate) seller: UserId,
    /// The ticket as the buyer saw it.
    pub(crate) ticket: OrderedTicket,
    pub(crate) expires_at: Timestamp,
    pub(crate) state: State,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    AwaitingPayment,
    Complete { payment: PaymentId },
    Cancelled { reason: String },
    Expired,
    Refunded { payment: PaymentId },
}

/// What there is to tell of a change of an order that exists: one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a change that nobody is told of leaves replicas behind for ever"]
pub(crate) enum News {
    AwaitingPayment,
    Cancelled,
    Expired,
    Completed,
    Refunded,
}

/// What a payment that succeeded does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Money {
    /// It completes it.
    Completes(News),
    /// It is the one that completed it.
    Known,
    /// The order does not take it: it is given back, for this reason.
    GoesBack(&'static str),
}

impl Order {
    /// Places an order for a ticket as the buyer sees it.
    pub(crate) fn place(buyer: UserId, seen: &ticket::Ticket, expires_at: Timestamp) -> Self {
        let ticket = OrderedTicket {
            id: seen.id,
            version: seen.version,
            title: seen.title.clone(),
            price: seen.price,
            currency: seen.currency,
        };
        Self {
            id: OrderId::new(),
            version: 1,
            buyer,
            seller: seen.user_id,
            ticket,
            expires_at,
            state: State::Created,
        }
    }

    /// Takes the confirmation of the lock; `None` if it has it, or is over.
    ///
    /// Where it is over, tickets has been told or will be, and releases the ticket again.
    pub(crate) fn confirm(&mut self) -> Option<News> {
        (self.state == State::Created)
            .then(|| self.changed(State::AwaitingPayment, News::AwaitingPayment))
    }

    /// Takes the refusal of the lock; `None` if it has it, or is over.
    pub(crate) fn reject(&mut self, reason: Reason) -> Option<News> {
        if self.state == State::Created { self.cancel(reason) } else { None }
    }

    /// Ends it before it is paid; `None` if it is paid or over.
    pub(crate) fn cancel(&mut self, reason: Reason) -> Option<News> {
        let state = State::Cancelled { reason: reason.as_str().to_owned() };
        self.is_open().then(|| self.changed(state, News::Cancelled))
    }

    /// Ends it because its hold is over; `None` if it is not, or if it is paid or over.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Option<News> {
        (self.is_open() && self.expires_at <= now)
            .then(|| self.changed(State::Expired, News::Expired))
    }

    /// Takes a payment that succeeded. A dead order never rises.
    pub(crate) fn pay(&mut self, payment: PaymentId) -> Money {
        match &self.state {
            State::AwaitingPayment => {
                Money::Completes(self.changed(State::Complete { payment }, News::Completed))
            }
            State::Complete { payment: own } | State::Refunded { payment: own }
                if *own == payment =>
            {
                Money::Known
            }
            State::Complete { .. } => Money::GoesBack("order_already_paid"),
            State::Created => Money::GoesBack("order_not_payable"),
            State::Cancelled { .. } => Money::GoesBack("order_cancelled"),
            State::Expired => Money::GoesBack("order_expired"),
            State::Refunded { .. } => Money::GoesBack("order_refunded"),
        }
    }

    /// Ends it because its money was given back; `None` if that was another payment's money.
    pub(crate) fn give_back(&mut self, payment: PaymentId) -> Option<News> {
        (self.state == State::Complete { payment })
            .then(|| self.changed(State::Refunded { payment }, News::Refunded))
    }

    /// Tells whether it still holds its ticket without being paid.
    pub(crate) const fn is_open(&self) -> bool {
        self.status().is_open()
    }

    /// Returns the status by its name in the contract.
    pub(crate) const fn status(&self) -> OrderStatus {
        match self.state {
            State::Created => OrderStatus::Created,
            State::AwaitingPayment => OrderStatus::AwaitingPayment,
            State::Complete { .. } => OrderStatus::Complete,
            State::Cancelled { .. } => OrderStatus::Cancelled,
            State::Expired => OrderStatus::Expired,
            State::Refunded { .. } => OrderStatus::Refunded,
        }
    }

    /// Returns the payment that completed it.
    pub(crate) const fn payment(&self) -> Option<PaymentId> {
        match self.state {
            State::Complete { payment } | State::Refunded { payment } => Some(payment),
            _ => None,
        }
    }

    /// Returns why it was cancelled.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.state {
            State::Cancelled { reason } => Some(reason),
            _ => None,
        }
    }

    /// Returns the full state, as events carry it.
    pub(crate) fn to_contract(&self) -> contract::Order {
        contract::Order {
            id: self.id,
            version: self.version,
            user_id: self.buyer,
            status: self.status(),
            reason: self.reason().map(str::to_owned),
            expires_at: self.expires_at,
            ticket: self.ticket.clone(),
            payment_id: self.payment(),
        }
    }

    fn changed(&mut self, state: State, news: News) -> News {
        self.state = state;
        self.version += 1;
        news
    }
}
