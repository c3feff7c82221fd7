//! How the ticketing system is deployed: `Dockerfile`, `compose.yaml` and the manifests in `k8s/`. There
//! is no code here; the tests hold the files against what they are about.
