use std::collections::BTreeSet;

use serde_json::Value;

use crate::files::{documents, path, read, settings};

fn compose() -> Value {
    documents(&read("compose.yaml")).remove(0)
}

#[test]
fn who_is_waited_for_says_when_it_is_healthy() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        for (needed, condition) in service["depends_on"].as_object().into_iter().flatten() {
            assert_eq!(condition["condition"], "service_healthy", "{name} and {needed}");
            let other = services.get(needed).unwrap_or_else(|| panic!("{name} needs {needed}"));
            // The image of the services has a health check of its own.
            let of_image = other["image"] == "ticketing:0.1.0";
            assert!(of_image || other["healthcheck"].is_object(), "{needed} says nothing");
        }
    }
    for service in ["auth", "tickets", "orders", "payments", "expiration", "web"] {
        assert_eq!(services[service]["command"][1], service);
        assert_eq!(services[service]["read_only"], true, "{service}");
    }
}

#[test]
fn every_variable_is_a_setting_and_every_volume_is_declared() {
    let (compose, settings) = (compose(), settings());
    let volumes: BTreeSet<_> =
        compose["volumes"].as_object().expect("volumes").keys().cloned().collect();
    for (name, service) in compose["services"].as_object().expect("services") {
        for variable in service["environment"].as_object().into_iter().flat_map(|map| map.keys()) {
            let is_ours = variable.starts_with("TICKETING_");
            assert!(!is_ours || settings.contains(variable), "{name}: {variable}");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let volume = volume.as_str().expect("a text");
            let from = volume.split(':').next().unwrap_or_default();
            let is_there =
                if from.starts_with('.') { path(from).exists() } else { volumes.contains(from) };
            assert!(is_there, "{name}: {volume}");
        }
    }
}

/// The prefixes of the ingresses are those of the services, here and in the cluster.
#[test]
fn both_ingresses_lead_to_the_same_places() {
    let nginx = read("nginx.conf");
    let ingress = documents(&read("k8s/20-ingress.yaml")).remove(0);
    let paths = ingress["spec"]["rules"][0]["http"]["paths"].as_array().expect("paths").clone();
    assert_eq!(paths.len(), nginx.matches("location ").count());
    for path in paths {
        let service = path["backend"]["service"]["name"].as_str().expect("a service");
        let line = format!(
            "location {} {{ proxy_pass ${service}; }}",
            path["path"].as_str().expect("one")
        );
        assert!(nginx.contains(&line), "{line}");
    }
}
