use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header of the trace and the span.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header of what vendors add.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What is passed on of `tracestate`: the specification asks for at least 512 characters.
const MAX_STATE: usize = 512;

const SAMPLED: u8 = 1;

/// One span's place in a trace. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// Begins a trace that nobody records.
    #[must_use]
    pub fn root() -> Self {
        Self { trace_id: Uuid::new_v4().as_u128(), span_id: span_id(), flags: 0, state: None }
    }

    /// Makes a context of ids that a tracer gave, unless one of them is zero.
    #[must_use]
    pub fn from_ids(trace_id: u128, span_id: u64, sampled: bool) -> Option<Self> {
        let flags = if sampled { SAMPLED } else { 0 };
        (trace_id != 0 && span_id != 0).then_some(Self { trace_id, span_id, flags, state: None })
    }

    /// Reads the headers of a request: none if they are missing, doubled or not valid.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
        let states = headers.get_all(TRACESTATE).iter().map(HeaderValue::to_str);
        // A list may be spread over several headers. One that is no text is dropped; the trace
        // goes on without it.
        let state = states.collect::<Result<Vec<_>, _>>().map(|states| states.join(","));
        Self::parse(parent.to_str().ok()?, state.as_deref().ok())
    }

    /// Reads the two values, from wherever they were kept.
    #[must_use]
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let bytes = traceparent.as_bytes();
        let dashes = [2, 35, 52].iter().all(|at| bytes.get(*at) == Some(&b'-'));
        if !dashes || bytes.len() < 55 || !traceparent.is_ascii() {
            return None;
        }
        let version = hex(&traceparent[..2])?;
        // Version 0 ends here; a later one may go on behind another dash.
        let ends = bytes.len() == 55 || (version > 0 && bytes[55] == b'-');
        let (trace_id, span_id) = (hex(&traceparent[3..35])?, hex(&traceparent[36..52])?);
        let flags = hex(&traceparent[53..55])?;
        if version == 0xff || !ends || trace_id == 0 || span_id == 0 {
            return None;
        }
        let state = tracestate.map(str::trim).filter(|state| is_state(state)).map(Arc::from);
        // What later versions mean by other flags is not known: they are not passed on.
        let flags = u8::try_from(flags).ok()? & SAMPLED;
        Some(Self { trace_id, span_id: u64::try_from(span_id).ok()?, flags, state })
    }

    /// Makes a new span in the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span_id: span_id(), ..self.clone() }
    }

    /// Puts another state of vendors in; one that cannot be passed on is dropped.
    #[must_use]
    pub fn with_state(mut self, state: &str) -> Self {
        self.state = Some(state.trim()).filter(|state| is_state(state)).map(Arc::from);
        self
    }

    /// Returns the id of the trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// Returns the id of the span: 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }

    /// Tells whether somebody may record the trace.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Returns the value of `traceparent`.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }

    /// Returns the value of `tracestate`.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Replaces the headers of a request by this context.
    pub fn inject(&self, headers: &mut HeaderMap) {
        Self::remove(headers);
        // Digits and dashes are always a header value; the state was one, or is dropped.
        if let Ok(parent) = HeaderValue::from_str(&self.traceparent()) {
            headers.insert(TRACEPARENT, parent);
        }
        if let Some(Ok(state)) = self.tracestate().map(HeaderValue::from_str) {
            headers.insert(TRACESTATE, state);
        }
    }

    /// Removes the headers: a state without a valid parent means nothing.
    pub fn remove(headers: &mut HeaderMap) {
        headers.remove(TRACEPARENT);
        headers.remove(TRACESTATE);
    }
}

/// A random version 4 UUID ends in 62 random bits behind a set one, so that it is never zero.
fn span_id() -> u64 {
    Uuid::new_v4().as_u64_pair().1
}

/// Reads lowercase digits alone: a sign or a capital is not valid here.
fn hex(text: &str) -> Option<u128> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn is_state(state: &str) -> bool {
    let printable = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    let members = || state.split(',').map(str::trim).filter(|member| !member.is_empty());
    !state.is_empty()
        && state.len() <= MAX_STATE
        && state.bytes().all(printable)
        && (1..=32).contains(&members().count())
        && members().all(|member| member.split_once('=').is_some_and(|(key, _)| !key.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        });
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| _ = headers.append(name, value));
        headers
    }

    #[test]
    fn what_was_read_is_written_again() {
        let context = TraceContext::parse(PARENT, Some("rojo=00f067,congo=t61")).unwrap();
        assert_eq!(context.traceparent(), PARENT);
        let mut out = HeaderMap::new();
        context.inject(&mut out);
        assert_eq!(TraceContext::from_headers(&out), Some(context.clone()));
        let child = context.child();
        assert_eq!(
            (child.trace_id(), child.tracestate()),
            (context.trace_id(), Some("rojo=00f067,congo=t61"))
        );
        assert!(child.span_id() != context.span_id() && child.is_sampled());
    }

    #[test]
    fn what_is_not_valid_begins_a_new_trace() {
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(bad, None), None, "{bad}");
        }
        let later = format!("cc{}-what-comes", &PARENT[2..]);
        assert_eq!(TraceContext::parse(&later, None).unwrap().traceparent(), PARENT);
        let twice = [("traceparent", PARENT.as_bytes()), ("traceparent", PARENT.as_bytes())];
        assert_eq!(TraceContext::from_headers(&headers(&twice)), None);
    }

    #[test]
    fn a_state_that_cannot_be_passed_on_is_dropped_and_the_trace_goes_on() {
        let with = |states: &[&[u8]]| {
            let mut pairs = vec![("traceparent", PARENT.as_bytes())];
            pairs.extend(states.iter().map(|state| ("tracestate", *state)));
            TraceContext::from_headers(&headers(&pairs)).unwrap().tracestate().map(str::to_owned)
        };
        assert_eq!(with(&[b"a=1", b"b=2"]).as_deref(), Some("a=1,b=2"));
        assert_eq!(with(&[b"a"]), None);
        assert_eq!(with(&[b"a=\xff"]), None);
        assert_eq!(with(&["a=1,".repeat(200).as_bytes()]), None);
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn a_new_trace_has_ids_that_are_not_zero() {
        let root = TraceContext::root();
        assert_eq!(TraceContext::parse(&root.traceparent(), None), Some(root.clone()));
        assert!(!root.is_sampled());
        assert_eq!(TraceContext::from_ids(0, 1, true), None);
    }
}
