//! The expiration part of the ticketing system.
