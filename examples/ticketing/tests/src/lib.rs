//! The tests part of the ticketing system.
