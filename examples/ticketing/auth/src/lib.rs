//! The auth part of the ticketing system.
