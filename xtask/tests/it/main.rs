//! What holds for the program as a whole.

mod command_line;
mod servers;
