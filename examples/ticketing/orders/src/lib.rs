//! The orders part of the ticketing system.
