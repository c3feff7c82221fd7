//! What stands before the services, where each has a process: settings, and the one address.

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::json;

use super::{
    gateway::{Gateway, Place},
    programs::Service,
    voice::Voice,
};
use crate::{
    answers::Answers,
    doctor::{DEFAULT_ADDRESS, Settings},
};

/// The gateway, as long as there is more than one process to lead to.
#[derive(Debug, Default)]
pub(super) struct Front {
    gateway: Option<Gateway>,
}

impl Front {
    /// Opens the address that all services answer at, and says who they are; with none it closes.
    ///
    /// # Errors
    ///
    /// If nobody can listen there; in a sentence.
    pub(super) fn open(
        &mut self,
        root: &Path,
        answers: &Answers,
        services: &[String],
        voice: &Voice,
    ) -> Result<(), String> {
        if services.is_empty() {
            self.gateway = None;
            return Ok(());
        }
        let settings = Settings::read(root, answers).0;
        let variable = format!("{}ADDR", settings.prefix);
        let text = settings.value("ADDR").unwrap_or(DEFAULT_ADDRESS);
        let asked: SocketAddr = text.parse().map_err(|_| {
            format!("{variable} is `{}`, which is no IP address and port", text.escape_debug())
        })?;
        if self.gateway.as_ref().is_none_or(|gateway| gateway.asked != asked) {
            self.gateway = None;
            let opened = Gateway::open(asked);
            let gateway = opened
                .map_err(|error| format!("cannot listen at {asked} ({variable}): {error}"))?;
            let (name, url) = (answers.name.as_str(), gateway.url());
            let text = format!("{name} listens at {url}");
            voice.note("listening", &text, json!({ "program": name, "url": url }));
            tell_services(answers, &url, voice);
            self.gateway = Some(gateway);
        }
        if let Some(gateway) = &self.gateway {
            gateway.arrange(services);
        }
        Ok(())
    }

    pub(super) fn point(&self, service: &str, place: Place) {
        if let Some(gateway) = &self.gateway {
            gateway.point(service, place);
        }
    }

    /// Makes a command run one service, at any port, behind the address of all.
    pub(super) fn narrow(
        &self,
        command: &mut Command,
        service: &Service,
        root: &Path,
        answers: &Answers,
    ) {
        let settings = Settings::read(root, answers).0;
        let prefix = &settings.prefix;
        command.args(["--service", &service.name]).env(format!("{prefix}ADDR"), "127.0.0.1:0");
        if let Some(gateway) = &self.gateway
            && answers.auth
            && settings.value("PUBLIC_URL").is_none()
        {
            command.env(format!("{prefix}PUBLIC_URL"), gateway.url());
        }
    }
}

/// Says where each service answers.
pub(super) fn tell_services(answers: &Answers, url: &str, voice: &Voice) {
    let names = || answers.services.iter().map(|service| service.name.as_str());
    let width = names().map(str::len).max().unwrap_or_default();
    for name in names() {
        let url = format!("{url}/api/{name}");
        let members = json!({ "service": name, "url": url });
        voice.note("service", &format!("{name:<width$} {url}"), members);
    }
}
