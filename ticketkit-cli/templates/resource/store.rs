//! The table of {{ item.plural.human }}.

use {{ project.snake }}_contracts::{{ item.pascal }}Id;
use sqlx::{Any, Executor, Row, any::AnyRow};
use ticketkit_core::axum::{Page, Paging};
{% if item.has.time_option %}
use ticketkit_events::{
    Timestamp,
    sql::{Database, Tx},
};
{% else %}
use ticketkit_events::sql::{Database, Tx};
{% endif %}

use super::«|parsed{% if item.has.parsed_option %}¦parsed_option{% endif %}{% if item.has.count %}¦count{% endif %}{% if item.has.count_option %}¦count_option{% endif %}{% if item.has.flag_option %}¦flag_option{% endif %}{% if item.has.time_value %}¦time{% endif %}{% if item.has.time_option %}¦time_option{% endif %}»;
use crate::domain::«|{{ item.pascal }}¦{{ item.pascal }}Fields»;

{% set columns = "id, version, " ~ ("user_id, " if project.auth else "") ~ (item.fields | map(attribute="column") | join(", ")) %}
{% set first = 4 if project.auth else 3 %}
const FIND: &str = "\
    select {{ columns }}
    from {{ item.table }}
    where id = $1";

const PAGE: &str = "\
    select {{ columns }}
    from {{ item.table }}
    where id < $1
    order by id desc
    limit 0 + $2";

const INSERT: &str = "\
    insert into {{ item.table }} ({{ columns }})
    values ($1, $2{% if project.auth %}, $3{% endif %}{% for field in item.fields %}, ${{ loop.index0 + first }}{% endfor %})";

/// The condition is the lock: of two transactions that read the same version, one finds no row.
const UPDATE: &str = "\
    update {{ item.table }}
    set version = $2{% for field in item.fields %}, {{ field.column }} = ${{ loop.index0 + 3 }}{% endfor %}

    where id = $1 and version = $2 - 1";

const DELETE: &str = "\
    delete from {{ item.table }}
    where id = $1 and version = $2";

/// Above every id: where a list begins.
const NEWEST: &str = "~";

/// Finds one.
pub(crate) async fn find(«on: impl Executor<'_, Database = Any>¦id: {{ item.pascal }}Id») -> Result<Option<{{ item.pascal }}>, sqlx::Error> {
    let row = sqlx::query(FIND).bind(id.to_string()).fetch_optional(on).await?;
    row.as_ref().map(read).transpose()
}

/// Reads a page of all, newest first.
pub(crate) async fn page(«database: &Database¦paging: &Paging<{{ item.pascal }}Id>») -> Result<Page<{{ item.pascal }}>, sqlx::Error> {
    let start = paging.after.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
    let query = sqlx::query(PAGE).bind(start).bind(i64::from(paging.limit) + 1);
    let rows = query.fetch_all(database.reader()).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page::new(items, paging.limit, |item: &{{ item.pascal }}| item.id.to_string()))
}

/// Writes a new one.
pub(crate) async fn insert(«tx: &mut Tx¦item: &{{ item.pascal }}») -> Result<(), sqlx::Error> {
    let fields = &item.fields;
    let mut query = sqlx::query(INSERT).bind(item.id.to_string()).bind(item.version);
{% if project.auth %}
    query = query.bind(item.user_id.to_string());
{% endif %}
{% for field in item.fields %}
    query = query.bind({{ field.bind }});
{% endfor %}
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Writes the next version; returns false if that is not the next one.
pub(crate) async fn update(«tx: &mut Tx¦item: &{{ item.pascal }}») -> Result<bool, sqlx::Error> {
    let fields = &item.fields;
    let mut query = sqlx::query(UPDATE).bind(item.id.to_string()).bind(item.version);
{% for field in item.fields %}
    query = query.bind({{ field.bind }});
{% endfor %}
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Deletes one; returns false if it is of another version.
pub(crate) async fn delete(«tx: &mut Tx¦item: &{{ item.pascal }}») -> Result<bool, sqlx::Error> {
    let query = sqlx::query(DELETE).bind(item.id.to_string()).bind(item.version);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<{{ item.pascal }}, sqlx::Error> {
    Ok({{ item.pascal }} {
        id: parsed(row, "id")?,
        version: row.try_get("version")?,
{% if project.auth %}
        user_id: parsed(row, "user_id")?,
{% endif %}
        fields: {{ item.pascal }}Fields {
{% for field in item.fields %}
            {{ field.name }}: {{ field.read }},
{% endfor %}
        },
    })
}
