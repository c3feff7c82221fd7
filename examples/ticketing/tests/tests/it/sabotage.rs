//! Taking a defence out, to prove that a test would notice.

use sqlx::{Connection, SqliteConnection};
use ticketing_tests::{Server, wait::SOON};

/// Runs a statement on the database of a service, between two runs of the process.
#[track_caller]
pub(crate) fn sabotage(server: &Server, service: &str, statement: &'static str) {
    server.terminate();
    assert!(server.await_exit(SOON).success());
    let file = server.folder().join("data").join(format!("{service}.db"));
    let run = async {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("the service's database");
        sqlx::query(statement).execute(&mut connection).await.expect("the statement");
        connection.close().await.expect("the end");
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(run);
    server.start_again();
}
