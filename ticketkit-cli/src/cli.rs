//! The arguments.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::answers::{DatabaseKind, Deps, Subject};

/// Scaffolds services and events of TicketKit, and keeps them current
#[derive(Debug, Parser)]
#[command(
    name = "cargo-ticketkit",
    bin_name = "cargo ticketkit",
    version,
    arg_required_else_help = false,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Answer in JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder to work in (default: the current one)
    #[arg(long, global = true, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) project: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a workspace of services
    #[command(
        after_help = "Example:\n  cargo ticketkit new shop --service tickets --service orders --auth"
    )]
    New(New),
    /// Add a service, a resource, an event or a handler
    #[command(after_help = "Example:\n  cargo ticketkit add service venues")]
    Add {
        #[command(subcommand)]
        what: Add,
        #[command(flatten)]
        how: How,
    },
    /// Remove what `add` added
    #[command(after_help = "Example:\n  cargo ticketkit remove service venues")]
    Remove {
        #[command(subcommand)]
        what: Remove,
        /// Remove it even where it was edited since
        #[arg(long, global = true)]
        force: bool,
        #[command(flatten)]
        how: How,
    },
    /// Tell of each generated file whether it was edited, is missing, or has a newer template
    #[command(after_help = "Example:\n  cargo ticketkit status")]
    Status,
    /// Merge newer templates into the project
    #[command(after_help = "Example:\n  cargo ticketkit update --dry-run")]
    Update(Update),
    /// Build and run the project, and restart what changed
    ///
    /// Files are watched. What does not build leaves the programs running as they are. Ctrl-C drains
    /// them and ends.
    #[command(after_help = "Example:\n  cargo ticketkit dev")]
    Dev(Dev),
    /// Tell what stands in the way of the project, and the command that mends it
    ///
    /// Looks at the toolchain, the generated files and the age of their templates, the crates, the
    /// settings, the data folder, the address, and the servers that settings name. Changes nothing.
    #[command(after_help = "Example:\n  cargo ticketkit doctor")]
    Doctor,
    /// The process between `dev` and a program
    #[command(hide = true)]
    Guard {
        /// The program and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Print the completions of a shell
    #[command(after_help = "Example:\n  cargo ticketkit completions bash")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The name of the project and of its folder: lower-case letters, digits and `-`
    pub(crate) name: Option<String>,
    /// A service to begin with; can be given again (default: one with the name of the project)
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
    /// Accounts, sessions and bans: a service auth, and the others ask who is there
    #[arg(long)]
    pub(crate) auth: bool,
    /// What keeps the data
    #[arg(long = "db", value_enum, value_name = "DATABASE")]
    pub(crate) database: Option<DatabaseKind>,
    /// Where the crates of TicketKit come from: crates-io, path:DIR or git:URL#REV
    #[arg(long, value_name = "SOURCE")]
    pub(crate) deps: Option<Deps>,
    /// Do not make a git repository
    #[arg(long)]
    pub(crate) no_git: bool,
    /// Tell what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the defaults and ask nothing
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// Look at the files again and again, where the system does not tell of changes (network drives)
    #[arg(long)]
    pub(crate) poll: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) how: How,
    /// Update even where files are not committed
    #[arg(long)]
    pub(crate) allow_dirty: bool,
}

/// How files are changed.
#[derive(Debug, Clone, Args)]
pub(crate) struct How {
    /// Tell what would change, and change nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// What to do where both you and the templates changed the same lines
    #[arg(long, global = true, value_enum, value_name = "POLICY", default_value_t = OnConflict::Fail)]
    pub(crate) on_conflict: OnConflict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflict {
    /// Change nothing and say where
    Fail,
    /// Keep your lines
    Keep,
    /// Take those of the templates
    Take,
    /// Write both with conflict markers
    Markers,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Add {
    /// A service: a package of its own, wired into the process
    #[command(after_help = "Example:\n  cargo ticketkit add service venues")]
    Service {
        /// Its name, which is also that of its folder
        name: String,
    },
    /// Something that a service keeps: table, store, routes, rules, OpenAPI, tests
    #[command(
        after_help = "Types: string, text, i64, u32, bool, uuid, time, money, json; each with `?` \
                      where it may be missing\n\nExample:\n  cargo ticketkit add resource venues \
                      venue name:string seats:u32 opens:time?"
    )]
    Resource {
        /// The service that keeps it
        service: String,
        /// Its name, in the singular
        name: String,
        /// Its fields: name:type
        #[arg(required = true)]
        fields: Vec<String>,
        /// Its name in the plural, where adding an s is wrong
        #[arg(long, value_name = "NAME")]
        plural: Option<String>,
    },
    /// Something that a service tells: its type in the contracts, and how to publish it
    #[command(
        after_help = "Example:\n  cargo ticketkit add event venues venue.opened venue_id:uuid \
                      name:string --key venue_id"
    )]
    Event {
        /// The service that tells it
        service: String,
        /// Its subject, such as venue.opened
        subject: Subject,
        /// Its fields: name:type
        #[arg(required = true)]
        fields: Vec<String>,
        /// The field whose events stay in order
        #[arg(long, value_name = "FIELD")]
        key: String,
    },
    /// What a service does when it hears of an event
    #[command(after_help = "Example:\n  cargo ticketkit add handler orders venue.opened")]
    Handler {
        /// The service that hears it
        service: String,
        /// The subject of the event
        subject: Subject,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Remove {
    /// A service with all that it has
    #[command(after_help = "Example:\n  cargo ticketkit remove service venues")]
    Service {
        /// Its name
        name: String,
    },
    /// A resource; its table stays in databases that have it
    #[command(after_help = "Example:\n  cargo ticketkit remove resource venues venue")]
    Resource {
        /// The service that keeps it
        service: String,
        /// Its name, in the singular
        name: String,
    },
    /// An event
    #[command(after_help = "Example:\n  cargo ticketkit remove event venues venue.opened")]
    Event {
        /// The service that tells it
        service: String,
        /// Its subject
        subject: Subject,
    },
    /// A handler
    #[command(after_help = "Example:\n  cargo ticketkit remove handler orders venue.opened")]
    Handler {
        /// The service that hears it
        service: String,
        /// The subject of the event
        subject: Subject,
    },
}
