create table {{ item.table_sql }} (
    id text primary key,
    version bigint not null{% if project.auth %},
    user_id text not null{% endif %}{% for field in item.fields %},
    {{ field.column_sql }} {{ field.sql }}{% endfor %}

);
