//! Server-sent events.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use serde_json::Value;

use super::{Head, body::read_line};

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// The `event` field.
    pub name: String,
    /// The `id` field.
    pub id: String,
    /// The `data` field as JSON.
    pub data: Value,
}

/// The events of an open response, one by one.
pub struct EventStream {
    /// Status and headers.
    pub head: Head,
    reader: BufReader<Box<dyn Read + Send>>,
}

impl EventStream {
    pub(crate) fn new(head: Head, body: Box<dyn Read + Send>) -> Self {
        Self { head, reader: BufReader::new(body) }
    }

    /// The next event; nothing at the end of the stream. Comments are passed over.
    ///
    /// # Errors
    ///
    /// The connection was cut or silent for too long, or a line is not of the format.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        let mut data: Option<String> = None;
        loop {
            if self.reader.fill_buf()?.is_empty() {
                return Ok(None);
            }
            let line = read_line(&mut self.reader)?;
            if line.is_empty() {
                let Some(data) = data.take() else { continue };
                event.data = serde_json::from_str(&data)?;
                return Ok(Some(event));
            }
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" | "retry" => {}
                "event" => event.name = value.to_owned(),
                "id" => event.id = value.to_owned(),
                "data" => data.get_or_insert_default().push_str(value),
                _ => return Err(io::Error::other(format!("unknown field in {line:?}"))),
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EventStream").field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_between_comments() {
        let wire: &[u8] = b": hello\n\nevent: order\nid: 3\ndata: {\"a\":1}\n\n:\n\n";
        let head = Head { status: 200, continued: false, headers: Vec::new() };
        let mut stream = EventStream::new(head, Box::new(wire));
        let event = stream.next_event().expect("event").expect("one");
        assert_eq!((event.name.as_str(), event.id.as_str()), ("order", "3"));
        assert_eq!(event.data["a"], 1);
        assert_eq!(stream.next_event().expect("end"), None);
    }
}
