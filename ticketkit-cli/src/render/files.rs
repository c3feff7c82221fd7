//! Which files a project has, of which template, and whose they are.

use super::Class::{self, Owned, Yours};

/// For what a file is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Each {
    Project,
    Service,
    Resource,
    /// An event, whoever tells it.
    Contract,
    /// An event of a service that the answers name.
    Event,
    Handler,
}

/// Files of one template.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) each: Each,
    /// Where they are, itself a template.
    pub(super) path: &'static str,
    pub(super) template: &'static str,
    pub(super) class: Class,
    /// The condition under which they are there; always where it is empty.
    pub(super) when: &'static str,
}

macro_rules! files {
    ($($each:ident $class:ident $path:literal $(if $when:literal)? = $template:literal;)*) => {
        pub(super) const FILES: &[Source] = &[$(Source {
            each: Each::$each,
            path: $path,
            template: $template,
            class: $class,
            when: concat!("" $(, $when)?),
        }),*];

        pub(super) const TEMPLATES: &[(&str, &str)] = &[$((
            $template,
            include_str!(concat!("../../templates/", $template)),
        )),*];
    };
}

files! {
    Project Owned "Cargo.toml" = "root/manifest.toml";
    Project Yours "README.md" = "root/README.md";
    Project Yours ".gitignore" = "root/gitignore";
    Project Yours "rustfmt.toml" = "root/rustfmt.toml";
    Project Yours "clippy.toml" = "root/clippy.toml";
    Project Yours "Dockerfile" = "root/Dockerfile";
    Project Yours ".dockerignore" = "root/dockerignore";
    Project Yours "compose.yaml" = "root/compose.yaml";
    Project Yours "deploy/README.md" = "root/deploy-README.md";
    Project Yours "deploy/kubernetes.yaml" = "root/kubernetes.yaml";
    Project Yours ".github/workflows/ci.yml" = "root/ci.yml";

    Project Owned "contracts/Cargo.toml" = "contracts/manifest.toml";
    Project Owned "contracts/src/lib.rs" = "contracts/lib.rs";
    Project Owned "contracts/api/asyncapi.json" if "project.events" = "contracts/asyncapi.json";
    Project Owned "contracts/src/schemas.rs" if "project.events" = "contracts/schemas.rs";
    Project Yours "contracts/events.lock.json" if "project.events" = "contracts/events.lock.json";
    Project Owned "contracts/src/id.rs" if "project.ids" = "contracts/id.rs";
    Project Yours "contracts/README.md" = "contracts/README.md";
    Project Owned "contracts/tests/it/main.rs" if "project.events" = "contracts/tests-main.rs";
    Contract Yours "contracts/src/{{ item.snake }}.rs" = "contracts/event.rs";
    Contract Yours "contracts/api/{{ item.subject }}.v1.json" = "contracts/event.json";

    Project Owned "app/Cargo.toml" = "app/manifest.toml";
    Project Yours "app/README.md" = "app/README.md";
    Project Yours "app/src/main.rs" = "app/main.rs";
    Project Yours "app/src/arguments.rs" = "app/arguments.rs";
    Project Yours "app/src/check.rs" = "app/check.rs";
    Project Yours "app/src/settings.rs" = "app/settings.rs";
    Project Yours "app/src/storage.rs" = "app/storage.rs";
    Project Yours "app/src/folder.rs" if "project.sqlite" = "app/folder.rs";
    Project Yours "app/src/database_url.rs" if "project.postgres" = "app/database_url.rs";
    Project Yours "app/src/process.rs" = "app/process.rs";
    Project Owned "app/src/services.rs" = "app/services.rs";
    Project Yours "app/src/dispatch.rs" = "app/dispatch.rs";
    Project Yours "app/src/documents.rs" = "app/documents.rs";
    Project Yours "app/tests/it/main.rs" = "app/tests-main.rs";

    Project Owned "auth/Cargo.toml" if "project.auth" = "auth/manifest.toml";
    Project Yours "auth/README.md" if "project.auth" = "auth/README.md";
    Project Yours "auth/api/asyncapi.json" if "project.auth" = "auth/asyncapi.json";
    Project Yours "auth/api/openapi.json" if "project.auth" = "auth/openapi.json";
    Project Yours "auth/migrations/0001_accounts.sql" if "project.auth" = "auth/accounts.sql";
    Project Yours "auth/src/lib.rs" if "project.auth" = "auth/lib.rs";
    Project Yours "auth/src/app.rs" if "project.auth" = "auth/app.rs";
    Project Yours "auth/src/error.rs" if "project.auth" = "auth/error.rs";
    Project Yours "auth/src/heartbeat.rs" if "project.auth" = "auth/heartbeat.rs";
    Project Yours "auth/src/instances.rs" if "project.auth" = "auth/instances.rs";
    Project Yours "auth/src/lifetimes.rs" if "project.auth" = "auth/lifetimes.rs";
    Project Yours "auth/src/peer.rs" if "project.auth" = "auth/peer.rs";
    Project Yours "auth/src/service.rs" if "project.auth" = "auth/service.rs";
    Project Yours "auth/src/settings.rs" if "project.auth" = "auth/settings.rs";
    Project Yours "auth/src/setup.rs" if "project.auth" = "auth/setup.rs";
    Project Yours "auth/src/sweep.rs" if "project.auth" = "auth/sweep.rs";
    Project Yours "auth/src/domain/ban.rs" if "project.auth" = "auth/domain/ban.rs";
    Project Yours "auth/src/domain/email.rs" if "project.auth" = "auth/domain/email.rs";
    Project Yours "auth/src/domain/mod.rs" if "project.auth" = "auth/domain/mod.rs";
    Project Yours "auth/src/domain/user.rs" if "project.auth" = "auth/domain/user.rs";
    Project Yours "auth/src/routes/ban.rs" if "project.auth" = "auth/routes/ban.rs";
    Project Yours "auth/src/routes/current_user.rs" if "project.auth"
        = "auth/routes/current_user.rs";
    Project Yours "auth/src/routes/document.rs" if "project.auth" = "auth/routes/document.rs";
    Project Yours "auth/src/routes/mod.rs" if "project.auth" = "auth/routes/mod.rs";
    Project Yours "auth/src/routes/refresh.rs" if "project.auth" = "auth/routes/refresh.rs";
    Project Yours "auth/src/routes/sign_in.rs" if "project.auth" = "auth/routes/sign_in.rs";
    Project Yours "auth/src/routes/sign_out.rs" if "project.auth" = "auth/routes/sign_out.rs";
    Project Yours "auth/src/routes/sign_up.rs" if "project.auth" = "auth/routes/sign_up.rs";
    Project Yours "auth/src/routes/users.rs" if "project.auth" = "auth/routes/users.rs";
    Project Yours "auth/src/routes/well_known.rs" if "project.auth" = "auth/routes/well_known.rs";
    Project Yours "auth/src/store/bans.rs" if "project.auth" = "auth/store/bans.rs";
    Project Yours "auth/src/store/mod.rs" if "project.auth" = "auth/store/mod.rs";
    Project Yours "auth/src/store/revocations.rs" if "project.auth" = "auth/store/revocations.rs";
    Project Yours "auth/src/store/sessions.rs" if "project.auth" = "auth/store/sessions.rs";
    Project Yours "auth/src/store/users.rs" if "project.auth" = "auth/store/users.rs";
    Project Yours "auth/tests/it/access.rs" if "project.auth" = "auth/tests/access.rs";
    Project Yours "auth/tests/it/accounts.rs" if "project.auth" = "auth/tests/accounts.rs";
    Project Yours "auth/tests/it/bans.rs" if "project.auth" = "auth/tests/bans.rs";
    Project Yours "auth/tests/it/main.rs" if "project.auth" = "auth/tests/main.rs";
    Project Yours "auth/tests/it/sessions.rs" if "project.auth" = "auth/tests/sessions.rs";
    Project Yours "auth/tests/it/world.rs" if "project.auth" = "auth/tests/world.rs";

    Service Owned "{{ service.name }}/Cargo.toml" = "service/manifest.toml";
    Service Yours "{{ service.name }}/README.md" = "service/README.md";
    Service Owned "{{ service.name }}/api/asyncapi.json" if "service.events or service.handlers"
        = "service/asyncapi.json";
    Service Yours "{{ service.name }}/api/openapi.json" = "service/openapi.json";
    Service Yours "{{ service.name }}/src/lib.rs" = "service/lib.rs";
    Service Yours "{{ service.name }}/src/app.rs" if "service.resources or service.events"
        = "service/app.rs";
    Service Yours "{{ service.name }}/src/error.rs" if "service.resources" = "service/error.rs";
    Service Yours "{{ service.name }}/src/service.rs" = "service/service.rs";
    Service Owned "{{ service.name }}/src/routes/mod.rs" = "service/routes.rs";
    Service Owned "{{ service.name }}/src/store/mod.rs" = "service/store.rs";
    Service Owned "{{ service.name }}/src/news.rs" if "service.events" = "service/news.rs";
    Service Owned "{{ service.name }}/src/events/mod.rs" if "service.handlers"
        = "service/events.rs";
    Service Owned "{{ service.name }}/tests/it/main.rs" = "service/tests-main.rs";
    Service Yours "{{ service.name }}/tests/it/routes.rs" = "service/tests-routes.rs";
    Service Yours "{{ service.name }}/tests/it/world.rs" = "service/tests-world.rs";

    Service Owned "{{ service.name }}/src/domain/mod.rs" if "service.resources"
        = "resource/domain-mod.rs";
    Service Owned "{{ service.name }}/src/domain/rules.rs" if "service.has.rules"
        = "resource/rules.rs";
    Resource Yours "{{ service.name }}/src/domain/{{ item.snake }}.rs" = "resource/domain.rs";
    Resource Yours "{{ service.name }}/src/routes/{{ item.snake }}.rs" = "resource/routes.rs";
    Resource Yours "{{ service.name }}/src/store/{{ item.plural.snake }}.rs" = "resource/store.rs";
    Resource Yours "{{ service.name }}/migrations/{{ item.migration }}.sql"
        = "resource/migration.sql";
    Resource Yours "{{ service.name }}/tests/it/{{ item.plural.snake }}.rs" = "resource/tests.rs";

    Event Yours "{{ service.name }}/tests/it/tells_{{ item.snake }}.rs" = "event/test.rs";
    Handler Yours "{{ service.name }}/src/events/{{ item.snake }}.rs" = "handler/handler.rs";
    Handler Yours "{{ service.name }}/tests/it/hears_{{ item.snake }}.rs" = "handler/test.rs";
}
