//! The tickets part of the ticketing system.
