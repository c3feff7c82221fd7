//! The payments part of the ticketing system.
