use ticketing_contracts::{
    OrderId, TicketId, UserId,
    order::{Order, OrderedTicket},
    ticket::{self as contract, RejectionReason, TicketStatus},
};

use super::{Refusal, Terms, Title, offer::Price};

/// A ticket as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) id: TicketId,
    /// Counts every change, from 1.
    pub(crate) version: i64,
    pub(crate) seller: UserId,
    pub(crate) terms: Terms,
    /// The version that brought the present terms.
    pub(crate) terms_version: i64,
    pub(crate) state: State,
    /// Its seller was banned while it was reserved.
    pub(crate) withdraw_on_release: bool,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Available,
    Reserved(Hold),
    Sold(Hold),
    Withdrawn,
}

/// The order that has a ticket, and who placed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) order: OrderId,
    pub(crate) buyer: UserId,
}

/// What there is to tell of a change: one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a change that nobody is told of leaves replicas behind for ever"]
pub(crate) enum News {
    Created,
    Updated,
    Withdrawn,
    Reserved,
    Released { from: OrderId },
    Sold,
}

/// A paid order does not have the ticket: a fault somewhere, since nothing else sells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ticket is not reserved for the order that is paid")]
pub(crate) struct NotReserved;

impl Ticket {
    /// Puts a ticket on sale.
    pub(crate) fn create(seller: UserId, terms: Terms) -> (Self, News) {
        let ticket = Self {
            id: TicketId::new(),
            version: 1,
            seller,
            terms,
            terms_version: 1,
            state: State::Available,
            withdraw_on_release: false,
        };
        (ticket, News::Created)
    }

    /// Replaces title and price.
    pub(crate) fn edit(&mut self, title: Title, price: Price) -> Result<News, Refusal> {
        self.in_the_sellers_hands()?;
        (self.terms.title, self.terms.price) = (title, price);
        let news = self.changed(State::Available, News::Updated);
        self.terms_version = self.version;
        Ok(news)
    }

    /// Takes it off the market; `None` if it is off already.
    pub(crate) fn withdraw(&mut self) -> Result<Option<News>, Refusal> {
        match self.in_the_sellers_hands() {
            Ok(()) => Ok(Some(self.changed(State::Withdrawn, News::Withdrawn))),
            Err(Refusal::Withdrawn) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Locks it for an order; `None` if that has it already.
    ///
    /// The lock is confirmed only on the terms that the buyer saw.
    pub(crate) fn reserve(&mut self, order: &Order) -> Result<Option<News>, RejectionReason> {
        match self.state {
            State::Reserved(hold) | State::Sold(hold) if hold.order == order.id => Ok(None),
            State::Reserved(_) => Err(RejectionReason::TicketReserved),
            State::Sold(_) => Err(RejectionReason::TicketSold),
            State::Withdrawn => Err(RejectionReason::TicketWithdrawn),
            State::Available if !self.was_seen_as(&order.ticket) => {
                Err(RejectionReason::PriceChanged)
            }
            State::Available => {
                let hold = Hold { order: order.id, buyer: order.user_id };
                Ok(Some(self.changed(State::Reserved(hold), News::Reserved)))
            }
        }
    }

    /// Clears the lock of an order that is over, and of no other; `None` if that has none.
    pub(crate) fn release(&mut self, order: OrderId) -> Option<News> {
        match self.state {
            State::Reserved(hold) if hold.order == order => Some(self.free(order)),
            _ => None,
        }
    }

    /// Takes it back from an order whose money was given back; `None` if that has not got it.
    pub(crate) fn take_back(&mut self, order: OrderId) -> Option<News> {
        match self.state {
            State::Reserved(hold) | State::Sold(hold) if hold.order == order => {
                Some(self.free(order))
            }
            _ => None,
        }
    }

    /// Sells it to the order that it is reserved for; `None` if it is sold to it already.
    pub(crate) fn sell(&mut self, order: OrderId) -> Result<Option<News>, NotReserved> {
        match self.state {
            State::Reserved(hold) if hold.order == order => {
                Ok(Some(self.changed(State::Sold(hold), News::Sold)))
            }
            State::Sold(hold) if hold.order == order => Ok(None),
            _ => Err(NotReserved),
        }
    }

    /// Tells whether another order than this one has it.
    pub(crate) fn is_held_by_another(&self, order: OrderId) -> bool {
        self.hold().is_some_and(|hold| hold.order != order)
    }

    /// Returns who has it reserved or bought it.
    pub(crate) fn hold(&self) -> Option<Hold> {
        match self.state {
            State::Reserved(hold) | State::Sold(hold) => Some(hold),
            State::Available | State::Withdrawn => None,
        }
    }

    /// Returns the status by its name in the contract.
    pub(crate) const fn status(&self) -> TicketStatus {
        match self.state {
            State::Available => TicketStatus::Available,
            State::Reserved(_) => TicketStatus::Reserved,
            State::Sold(_) => TicketStatus::Sold,
            State::Withdrawn => TicketStatus::Withdrawn,
        }
    }

    /// Returns the full state, as events carry it.
    pub(crate) fn to_contract(&self) -> contract::Ticket {
        contract::Ticket {
            id: self.id,
            version: self.version,
            title: self.terms.title.as_str().to_owned(),
            price: self.terms.price.as_minor_units(),
            currency: self.terms.currency,
            user_id: self.seller,
            status: self.status(),
            order_id: self.hold().map(|hold| hold.order),
        }
    }

    /// Tells whether the buyer saw the present terms.
    ///
    /// Locks and releases raise the version too and change nothing that a buyer sees, so the
    /// version is compared with the one that brought the terms.
    fn was_seen_as(&self, seen: &OrderedTicket) -> bool {
        (self.terms_version..=self.version).contains(&seen.version)
            && seen.price == self.terms.price.as_minor_units()
            && seen.currency == self.terms.currency
    }

    fn in_the_sellers_hands(&self) -> Result<(), Refusal> {
        match self.state {
            State::Available => Ok(()),
            State::Reserved(_) => Err(Refusal::Reserved),
            State::Sold(_) => Err(Refusal::Sold),
            State::Withdrawn => Err(Refusal::Withdrawn),
        }
    }

    fn free(&mut self, from: OrderId) -> News {
        self.changed(State::Available, News::Released { from })
    }

    fn changed(&mut self, state: State, news: News) -> News {
        self.state = state;
        self.version += 1;
        news
    }
}
