//! The web part of the ticketing system.
