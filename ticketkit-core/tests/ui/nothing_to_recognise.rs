use ticketkit_core::client::RemoteError;

#[derive(Debug, RemoteError)]
enum Tickets {
    #[problem(code = "not_found")]
    NotFound(u64),
}

#[derive(Debug, RemoteError)]
enum Two {
    Reserved,
    #[problem(code = "reserved")]
    AlsoReserved,
}

fn main() {}
