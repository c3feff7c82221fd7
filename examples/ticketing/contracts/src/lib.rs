//! The contracts part of the ticketing system.
