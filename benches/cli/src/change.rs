//! A handler is changed: how long until the new code answers.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use ticketkit_bench::Figure;

use crate::{Result, done, median, project::Project};

const ROUNDS: usize = 7;
const OF_REFERENCE: f64 = 1.3;
/// Within which the new code has to answer, on any machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often the answer is asked for.
const OFTEN: Duration = Duration::from_millis(5);

/// Whether anyone may list the tickets, or users who are signed in alone: what is changed, and what
/// the status of the answer then is.
const FORMS: [(&str, &str); 2] =
    [("Access::SignedIn, list", "401"), ("Access::Anyone, list", "200")];

/// Compares `dev` with `cargo build` and a start, in turns, on two copies of one project.
pub(crate) fn measure(program: &Path, project: &Project) -> Result<()> {
    let resource = ["ticketkit", "add", "resource", "tickets", "ticket", "title:string"];
    done(Command::new(program).args(resource).current_dir(&project.root))?;
    project.build()?;
    let folder = tempfile::tempdir()?;
    let copy = Project { root: folder.path().join("shop") };
    // With its target folder: what does not lie in the project is not built again.
    done(Command::new("cp").arg("-a").arg(&project.root).arg(&copy.root))?;
    copy.build()?;

    let under_dev = Place::new(&project.root)?;
    let mut dev = Command::new(program);
    let _dev = Running::start(dev.args(["ticketkit", "dev"]), &under_dev)?;
    under_dev.answers(FORMS[0].1)?;
    let bare = Place::new(&copy.root)?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let (from, to) = (FORMS[(round - 1) % 2], FORMS[round % 2]);
        let begun = Instant::now();
        under_dev.change(from.0, to.0)?;
        under_dev.answers(to.1)?;
        ours.push(begun.elapsed());

        let begun = Instant::now();
        bare.change(from.0, to.0)?;
        copy.build()?;
        let started =
            Running::start(&mut Command::new(copy.root.join("target/debug/shop")), &bare)?;
        bare.answers(to.1)?;
        reference.push(begun.elapsed());
        drop(started);
    }
    let (ours, reference) = (median(ours).as_secs_f64(), median(reference).as_secs_f64());
    println!("{}", Figure::at_most_ratio("change-under-dev", ours, reference, OF_REFERENCE, "s"));
    Ok(())
}

/// A project and the address where it answers.
struct Place {
    root: PathBuf,
    address: SocketAddr,
}

impl Place {
    fn new(root: &Path) -> Result<Self> {
        // Free now, and nobody else asks for one here.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { root: root.to_owned(), address })
    }

    fn change(&self, from: &str, to: &str) -> Result<()> {
        let handler = self.root.join("tickets/src/routes/ticket.rs");
        let text = fs::read_to_string(&handler)?;
        let changed = text.replacen(from, to, 1);
        if changed == text {
            return Err(format!("no {from:?} in {}", handler.display()).into());
        }
        Ok(fs::write(handler, changed)?)
    }

    /// Waits until the tickets are answered with a status.
    fn answers(&self, status: &str) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.ask().is_ok_and(|answer| answer.starts_with(&format!("HTTP/1.1 {status} "))) {
                return Ok(());
            }
            sleep(OFTEN);
        }
        Err(format!("no answer {status} at {} in {PATIENCE:?}", self.address).into())
    }

    fn ask(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let host = self.address;
        write!(stream, "GET /api/tickets HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

/// A program that is stopped when it is dropped.
struct Running(Child);

impl Running {
    fn start(command: &mut Command, place: &Place) -> Result<Self> {
        let child = command
            .current_dir(&place.root)
            .env("SHOP_ADDR", place.address.to_string())
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `dev` ends its programs when it is told to end, not when it is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}
