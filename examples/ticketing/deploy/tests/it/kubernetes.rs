use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, StatefulSet},
        batch::v1::Job,
        core::v1::{ConfigMap, Namespace, Secret, Service},
        networking::v1::Ingress,
        policy::v1::PodDisruptionBudget,
    },
    serde::{Serialize, de::DeserializeOwned},
};
use serde_json::Value;

use crate::files::{documents, path, read, settings};

const SERVICES: [&str; 6] = ["auth", "tickets", "orders", "payments", "expiration", "web"];

/// All manifests, with the file that each is in.
fn manifests() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(path("k8s")).expect("the folder");
    let mut names: Vec<_> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let read = names.into_iter().flat_map(|name| {
        let found = documents(&read(&format!("k8s/{name}")));
        found.into_iter().map(move |document| (name.clone(), document))
    });
    read.collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    let all = manifests().into_iter().map(|(_, document)| document);
    all.filter(|document| document["kind"] == kind).collect()
}

fn name(manifest: &Value) -> &str {
    manifest["metadata"]["name"].as_str().expect("a name")
}

/// Deployments, stateful sets and jobs: all that run pods.
fn workloads() -> Vec<Value> {
    ["Deployment", "StatefulSet", "Job"].into_iter().flat_map(of_kind).collect()
}

fn container(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]["containers"][0]
}

/// Reads a manifest as its type and writes it again: a member that the schema does not know is gone
/// then, and one of the wrong type is an error.
fn check<T: DeserializeOwned + Serialize>(manifest: &Value) -> Result<(), String> {
    let typed: T = serde_json::from_value(manifest.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(typed).map_err(|error| error.to_string())?;
    let mut lost = Vec::new();
    compare("", manifest, &again, &mut lost);
    if lost.is_empty() { Ok(()) } else { Err(format!("not in the schema: {}", lost.join(", "))) }
}

fn compare(at: &str, ours: &Value, again: &Value, lost: &mut Vec<String>) {
    match (ours, again) {
        (Value::Object(ours), Value::Object(again)) => {
            for (name, value) in ours {
                let at = format!("{at}/{name}");
                match again.get(name) {
                    Some(again) => compare(&at, value, again, lost),
                    None => lost.push(at),
                }
            }
        }
        (Value::Array(ours), Value::Array(again)) if ours.len() == again.len() => {
            for (index, (ours, again)) in ours.iter().zip(again).enumerate() {
                compare(&format!("{at}/{index}"), ours, again, lost);
            }
        }
        (ours, again) if ours == again => {}
        (ours, again) => lost.push(format!("{at} ({ours} is read as {again})")),
    }
}

fn validate(manifest: &Value) -> Result<(), String> {
    let text = |name: &str| manifest[name].as_str().unwrap_or_default().to_owned();
    match (text("apiVersion").as_str(), text("kind").as_str()) {
        ("v1", "Namespace") => check::<Namespace>(manifest),
        ("v1", "ConfigMap") => check::<ConfigMap>(manifest),
        ("v1", "Secret") => check::<Secret>(manifest),
        ("v1", "Service") => check::<Service>(manifest),
        ("apps/v1", "Deployment") => check::<Deployment>(manifest),
        ("apps/v1", "StatefulSet") => check::<StatefulSet>(manifest),
        ("batch/v1", "Job") => check::<Job>(manifest),
        ("policy/v1", "PodDisruptionBudget") => check::<PodDisruptionBudget>(manifest),
        ("networking.k8s.io/v1", "Ingress") => check::<Ingress>(manifest),
        (version, kind) => Err(format!("no schema for {kind} of {version}")),
    }
}

#[test]
fn every_manifest_is_what_its_schema_says() {
    let all = manifests();
    assert!(all.len() > 30, "only {} documents: are the files read?", all.len());
    for (file, manifest) in &all {
        validate(manifest).unwrap_or_else(|error| panic!("{file}, {}: {error}", name(manifest)));
    }
}

/// The check can fail: a slip in a name or a type is found.
#[test]
fn a_slip_is_found() {
    let deployment = of_kind("Deployment").remove(0);
    for (at, name, value) in [
        ("/spec", "replica", Value::from(2)),
        ("/spec/template/spec/containers/0", "readynessProbe", Value::from("x")),
        ("/spec/template/spec/containers/0/resources", "limit", Value::from("x")),
        ("/spec", "replicas", Value::from("two")),
    ] {
        let mut wrong = deployment.clone();
        wrong.pointer_mut(at).expect("it is there")[name] = value;
        assert!(validate(&wrong).is_err(), "{at}/{name} passes");
    }
}

#[test]
fn every_service_has_what_it_takes() {
    let names = |kind: &str| -> BTreeSet<String> {
        of_kind(kind).iter().map(|manifest| name(manifest).to_owned()).collect()
    };
    let (deployments, services, budgets) =
        (names("Deployment"), names("Service"), names("PodDisruptionBudget"));
    for service in SERVICES {
        assert!(deployments.contains(service), "{service} has no deployment");
        assert!(services.contains(service), "{service} has no service");
        assert!(budgets.contains(service), "{service} has no disruption budget");
        if service != "web" {
            assert!(names("Job").contains(&format!("{service}-migrate")), "{service} has no job");
        }
    }
    for server in ["postgres", "rabbitmq"] {
        assert!(names("StatefulSet").contains(server) && budgets.contains(server), "{server}");
    }
    for deployment in of_kind("Deployment") {
        assert!(deployment["spec"]["replicas"].as_u64() > Some(1), "{}", name(&deployment));
        let arguments = container(&deployment)["args"].as_array().expect("arguments");
        assert_eq!(arguments[1], name(&deployment));
    }
}

#[test]
fn pods_are_found_by_what_selects_them() {
    for workload in ["Deployment", "StatefulSet"].into_iter().flat_map(of_kind) {
        let selector = workload["spec"]["selector"]["matchLabels"].as_object().expect("a selector");
        let labels = &workload["spec"]["template"]["metadata"]["labels"];
        for (label, value) in selector {
            assert_eq!(&labels[label], value, "{}", name(&workload));
        }
    }
    let labels: Vec<Value> = workloads()
        .into_iter()
        .map(|workload| workload["spec"]["template"]["metadata"]["labels"].clone())
        .collect();
    let selectors = of_kind("Service").into_iter().map(|one| one["spec"]["selector"].clone());
    let budgets = of_kind("PodDisruptionBudget");
    let budgets = budgets.into_iter().map(|one| one["spec"]["selector"]["matchLabels"].clone());
    for selector in selectors.chain(budgets) {
        let selector = selector.as_object().expect("a selector").clone();
        let finds = |labels: &&Value| selector.iter().all(|(name, value)| &labels[name] == value);
        assert_eq!(labels.iter().filter(finds).count(), 1, "{selector:?}");
    }
}

#[test]
fn every_container_is_probed_bounded_and_without_rights() {
    for workload in workloads() {
        let (name, container) = (name(&workload), container(&workload));
        if workload["kind"] != "Job" {
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
                assert!(container[probe].is_object(), "{name} has no {probe}");
            }
        }
        assert!(container["resources"]["limits"]["memory"].is_string(), "{name} has no limit");
        assert!(container["resources"]["requests"]["cpu"].is_string(), "{name} asks for nothing");
        let image = container["image"].as_str().unwrap_or_default();
        assert!(image.contains(':') && !image.ends_with(":latest"), "{name}: {image}");
        let pod = &workload["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(container["securityContext"]["capabilities"]["drop"][0], "ALL", "{name}");
    }
}

/// F18: what holds events and rows outlives its pod.
#[test]
fn f18_broker_and_database_have_volumes() {
    let image = |workload: &Value| container(workload)["image"].as_str().map(str::to_owned);
    let holds = |workload: &Value| {
        image(workload).is_some_and(|image| {
            ["postgres:", "rabbitmq:"].map(|of| image.starts_with(of)).contains(&true)
        })
    };
    let all = workloads();
    let holding: Vec<&Value> = all.iter().filter(|workload| holds(workload)).collect();
    assert!(holding.len() >= 2, "a broker and a database");
    for server in holding {
        assert!(outlives_its_pod(server), "{}", name(server));
    }
}

/// The test above can fail.
#[test]
fn f18_without_the_claim_its_mount_or_the_kind_the_volume_would_be_missed() {
    for server in of_kind("StatefulSet") {
        assert!(outlives_its_pod(&server));
        let without = |change: &dyn Fn(&mut Value)| {
            let mut changed = server.clone();
            change(&mut changed);
            changed
        };
        for changed in [
            without(&|it| it["spec"]["volumeClaimTemplates"] = Value::Array(Vec::new())),
            without(&|it| {
                it["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = Value::Null;
            }),
            without(&|it| it["kind"] = "Deployment".into()),
        ] {
            assert!(!outlives_its_pod(&changed), "{}", name(&server));
        }
    }
}

/// Tells whether a volume that is claimed for a server is where its container writes.
fn outlives_its_pod(server: &Value) -> bool {
    let mounts = container(server)["volumeMounts"].as_array().cloned().unwrap_or_default();
    let claims = server["spec"]["volumeClaimTemplates"].as_array().cloned().unwrap_or_default();
    let is_mounted = |claim: &Value| mounts.iter().any(|mount| mount["name"] == name(claim));
    server["kind"] == "StatefulSet" && claims.iter().any(is_mounted)
}

#[test]
fn what_is_referred_to_is_there() {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for kind in ["Secret", "ConfigMap"] {
        for manifest in of_kind(kind) {
            let data = [&manifest["data"], &manifest["stringData"]];
            let names = data.into_iter().filter_map(Value::as_object).flat_map(|map| map.keys());
            keys.entry(name(&manifest).to_owned()).or_default().extend(names.cloned());
        }
    }
    let settings = settings();
    let known = |variable: &str| !variable.starts_with("TICKETING_") || settings.contains(variable);
    for workload in workloads() {
        for variable in container(&workload)["env"].as_array().into_iter().flatten() {
            let name = variable["name"].as_str().expect("a name");
            assert!(known(name), "{name} is no setting");
            let from = &variable["valueFrom"]["secretKeyRef"];
            if let (Some(secret), Some(key)) = (from["name"].as_str(), from["key"].as_str()) {
                let found = keys.get(secret).is_some_and(|keys| keys.contains(key));
                assert!(found, "{name}: no {key} in the secret {secret}");
            }
        }
    }
    let common = &of_kind("ConfigMap").into_iter().find(|map| name(map) == "ticketing");
    let common = common.as_ref().expect("the common settings")["data"].as_object().expect("data");
    for (variable, value) in common {
        assert!(
            variable == "LOG_FORMAT" || settings.contains(variable),
            "{variable} is no setting"
        );
        assert!(value.is_string(), "{variable} is no text");
    }
    let services: BTreeSet<_> =
        of_kind("Service").iter().map(|service| name(service).to_owned()).collect();
    for rule in of_kind("Ingress")[0]["spec"]["rules"].as_array().expect("rules") {
        for path in rule["http"]["paths"].as_array().expect("paths") {
            let service = path["backend"]["service"]["name"].as_str().expect("a service");
            assert!(services.contains(service), "{service} is no service");
        }
    }
}
