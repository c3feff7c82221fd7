use serde::{Deserialize, Serialize};
use ticketkit_events::{Envelope, Event, HandlerError, Meta, State, Subscription};

#[derive(Serialize, Deserialize)]
struct Ticket {
    id: u64,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "ticket.reserved", version = 2, key = "ticket.id")]
struct TicketReserved {
    ticket: Ticket,
}

#[derive(Serialize, Deserialize, Event)]
#[event(subject = "auth.heartbeat", version = 1, constant_key = "revocations")]
struct Heartbeat;

async fn on_heartbeat(_: Heartbeat) -> Result<(), HandlerError> {
    Ok(())
}

async fn on_reserved(
    event: TicketReserved,
    State(name): State<&'static str>,
    meta: Meta,
    envelope: Envelope,
) -> Result<(), HandlerError> {
    let _: u32 = name.parse()?;
    println!("{} {} {}", event.ticket.id, meta.id, envelope.key);
    Ok(())
}

fn main() {
    assert_eq!(TicketReserved { ticket: Ticket { id: 7 } }.key(), "7");
    assert_eq!(TicketReserved::VERSION, 2);
    assert_eq!(Heartbeat.key(), "revocations");
    let _ = Subscription::new("all").with_state("7").handle(on_heartbeat).handle(on_reserved);
}
