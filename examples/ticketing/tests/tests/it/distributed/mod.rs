//! The system in many processes, on PostgreSQL and RabbitMQ, and what happens to it when any of
//! them dies.

mod bans;
mod cluster;
mod events_page;
mod faults;
mod restart;

use self::cluster::Cluster;
