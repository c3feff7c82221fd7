//! What the broker and lapin say, in words for operators.

use lapin::{ErrorKind, protocol::AMQPErrorKind};

use crate::{engine::EngineError, handler::describe};

/// Says what the engine could not do.
pub(super) fn failed(what: &'static str) -> impl Fn(lapin::Error) -> EngineError {
    move |source| EngineError::failed(format!("the rabbitmq engine cannot {what}"), source)
}

pub(super) fn unreachable(reason: String) -> EngineError {
    EngineError::failed("the rabbitmq engine has no connection", reason)
}

/// Returns the broker's reply code, of what it refused.
pub(super) fn reply_code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(match error.kind() {
            AMQPErrorKind::Soft(soft) => soft.get_id(),
            AMQPErrorKind::Hard(hard) => hard.get_id(),
        }),
        _ => None,
    }
}

pub(super) const NOT_FOUND: u16 = 404;
pub(super) const RESOURCE_LOCKED: u16 = 405;
pub(super) const PRECONDITION_FAILED: u16 = 406;
pub(super) const INTERNAL_ERROR: u16 = 541;

/// Explains why something could not be declared.
///
/// Where it exists with other properties, the broker's text is
/// `PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'ticketkit.a' in
/// vhost '/': received 'quorum' but current is 'classic'` (seen in 3.10).
pub(super) fn declaring(kind: &'static str, name: &str, error: lapin::Error) -> EngineError {
    if reply_code(&error) != Some(PRECONDITION_FAILED) {
        return EngineError::failed(
            format!("the rabbitmq engine cannot declare the {kind} {name:?}"),
            error,
        );
    }
    let text = describe(&error);
    let between = |from: &str, to: &str| {
        let (_, rest) = text.split_once(from)?;
        Some(rest.split_once(to)?.0.to_owned())
    };
    let argument = between("inequivalent arg '", "'").unwrap_or_else(|| "an argument".to_owned());
    let wanted = between("received ", " but current is ").unwrap_or_else(|| "another".to_owned());
    let current = text.split_once(" but current is ").map_or("unknown", |(_, rest)| rest);
    EngineError::unsupported(format!(
        "the {kind} {name:?} is there with another {argument}: wanted is {wanted}, there is \
         {current}; delete it once it is empty (rabbitmqctl delete_queue, or the management \
         page), or give the engine another prefix or virtual host"
    ))
}

#[cfg(test)]
mod tests {
    use lapin::protocol::{AMQPError, AMQPSoftError};

    use super::*;

    #[test]
    fn a_mismatch_names_queue_argument_and_both_values() {
        let error = lapin::Error::from(ErrorKind::ProtocolError(AMQPError::new(
            AMQPSoftError::PRECONDITIONFAILED.into(),
            "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'ticketkit.a' in \
             vhost '/': received 'quorum' but current is 'classic'"
                .into(),
        )));
        let error = declaring("queue", "ticketkit.a", error);
        assert!(error.is_unsupported());
        let text = error.to_string();
        for part in ["\"ticketkit.a\"", "x-queue-type", "'quorum'", "'classic'", "delete"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
