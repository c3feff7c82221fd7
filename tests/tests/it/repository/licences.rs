//! Each published crate carries the licences.

use super::read;

#[test]
fn every_published_crate_has_the_licence_files_of_the_repository() {
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let text = read(file);
        for folder in [
            "ticketkit-core",
            "ticketkit-core/macros",
            "ticketkit-auth",
            "ticketkit-events",
            "ticketkit-cli",
        ] {
            assert_eq!(read(&format!("{folder}/{file}")), text, "{folder}/{file}");
        }
    }
}
