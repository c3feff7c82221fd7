//! The files of the deployment against the schemas, and against each other. Nothing is started.

mod compose;
mod docker;
mod files;
mod kubernetes;
