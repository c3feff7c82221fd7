//! The error table of the contract, row by row, on every route.

mod bodies;
mod content;
mod cross_site;
mod described;
mod matrix;
mod order;
mod paths;
mod queries;
mod routes;
mod rules;
mod tokens;
mod unauthenticated;
mod wire;
