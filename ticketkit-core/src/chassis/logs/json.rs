use std::{error::Error, fmt};

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::{LookupSpan, Scope},
};

/// Writes an event as one JSON object: `time`, `level`, `target`, `message`, then the fields of the
/// spans around it and its own, which win.
///
/// Use it together with [`JsonFields`]. A field that is called like one of the first four gets
/// `field.` before its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

/// Keeps the fields of a span for [`Json`].
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut object = Fields::default();
        fields.record(&mut object);
        write!(writer, "{}", Value::Object(object.0))
    }
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        for span in ctx.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(kept) = span.extensions().get::<FormattedFields<JsonFields>>() {
                // One object of the beginning, and one for each time that more was recorded.
                let objects = serde_json::Deserializer::from_str(&kept.fields);
                for object in objects.into_iter::<Map<String, Value>>().map_while(Result::ok) {
                    fields.0.extend(object);
                }
            }
        }
        let message = fields.of(event);
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let (level, target) = (event.metadata().level(), event.metadata().target());
        write!(writer, r#"{{"time":"{time}","level":"{level}","target":{}"#, text(target))?;
        if let Some(message) = message {
            write!(writer, r#","message":{message}"#)?;
        }
        for (name, value) in &fields.0 {
            let reserved = matches!(name.as_str(), "time" | "level" | "target" | "message");
            let name = if reserved { format!("field.{name}") } else { name.clone() };
            write!(writer, ",{}:{value}", text(&name))?;
        }
        writeln!(writer, "}}")
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    /// Adds the fields of an event, and returns its message.
    fn of(&mut self, event: &Event<'_>) -> Option<Value> {
        let mut own = Self::default();
        event.record(&mut own);
        let message = own.0.remove("message");
        self.0.append(&mut own.0);
        message
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        self.put(field, text);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{Layer as _, filter::Targets, fmt, layer::SubscriberExt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, log: impl FnOnce()) -> Vec<Map<String, Value>> {
        let lines = Lines::default();
        let writer = lines.clone();
        let targets: Targets = filter.parse().unwrap();
        let layer = fmt::layer()
            .fmt_fields(JsonFields)
            .event_format(Json)
            .with_writer(move || writer.clone())
            .with_filter(targets);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_one_object_with_the_fields_of_its_spans() {
        let lines = logged("trace", || {
            let span =
                tracing::info_span!("request", request_id = "r1", trace_id = tracing::field::Empty);
            span.record("trace_id", "t1");
            let _entered = span.entered();
            let _inner = tracing::info_span!("inner", n = 3, request_id = "r2").entered();
            let error = io::Error::other("disk");
            let error = &error as &(dyn Error + 'static);
            tracing::warn!(error, ok = true, level = 9, "two\nlines \"quoted\" {}", 5);
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["message"], "two\nlines \"quoted\" 5");
        assert_eq!((&line["trace_id"], &line["request_id"]), (&"t1".into(), &"r2".into()));
        assert_eq!((&line["n"], &line["ok"]), (&3.into(), &true.into()));
        assert_eq!((&line["error"], &line["field.level"]), (&"disk".into(), &9.into()));
        assert_eq!((&line["level"], &line["target"]), (&"WARN".into(), &module_path!().into()));
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line:?}");
    }

    #[test]
    fn an_event_without_a_message_and_without_a_span_is_a_line_too() {
        let lines = logged("trace", || tracing::info!(answer = f64::NAN));
        assert_eq!((lines.len(), lines[0].contains_key("message")), (1, false));
        assert_eq!(lines[0]["answer"], Value::Null);
    }
}
