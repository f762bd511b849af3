//! What a migration may do to tables that others read and write meanwhile.
//!
//! A statement that needs to break a rule says so in a comment of its own:
//! `-- allow RULE: reason`.

use std::collections::BTreeSet;

use crate::big_tables::big_table_of;

/// A statement of a migration.
#[derive(Debug, Default)]
struct Statement {
    /// The lines of comment before and in it.
    comments: Vec<String>,
    /// Its words, in upper case, one blank between them; without what is quoted.
    text: String,
}

/// What is wrong with a migration: each objection begins with the rule it is about.
#[must_use]
pub fn objections(sql: &str) -> Vec<String> {
    let statements = statements(sql);
    let says = |mark: &str| sql.lines().any(|line| line.trim() == mark);
    let file = File {
        made: statements.iter().filter_map(made).collect(),
        indexes_first: says("-- indexes first"),
        no_transaction: sql.starts_with("-- no-transaction"),
    };
    let mut found = Vec::new();
    if file.no_transaction && statements.len() != 1 {
        found.push("one-statement: what is in no transaction must be one statement".to_owned());
    }
    for statement in &statements {
        for (rule, why) in file.broken_by(&statement.text) {
            if !statement.allows(rule) {
                let text: String = statement.text.chars().take(70).collect();
                found.push(format!("{rule}: {why}: {text}"));
            }
        }
    }
    found
}

impl Statement {
    fn allows(&self, rule: &str) -> bool {
        let mut allowed = self
            .comments
            .iter()
            .filter_map(|comment| comment.trim().strip_prefix("allow "));
        allowed.any(|allowed| {
            allowed
                .split_once(':')
                .is_some_and(|(name, reason)| name == rule && !reason.trim().is_empty())
        })
    }
}

/// What concerns all statements of a migration.
struct File {
    /// Tables that it makes: nobody uses them yet.
    made: BTreeSet<String>,
    indexes_first: bool,
    no_transaction: bool,
}

type Broken = (&'static str, &'static str);

impl File {
    fn broken_by(&self, text: &str) -> Vec<Broken> {
        let mut broken = Vec::new();
        let has = |words: &str| format!(" {text} ").contains(&format!(" {words} "));
        if text == "DO" || text.starts_with("DO ") {
            broken.push(("do", "what is in a block is not looked at"));
        }
        if text.starts_with("CREATE INDEX") || text.starts_with("CREATE UNIQUE INDEX") {
            broken.extend(self.index(text));
        }
        if text.starts_with("DROP INDEX") && !has("CONCURRENTLY") {
            broken.push(("drop-index", "everybody waits for it"));
        }
        if text.starts_with("DROP INDEX") && text.contains("BOARD_ROWS_BY_") && !has("IF EXISTS") {
            broken.push(("late-board", "a generation that is being built lacks it"));
        }
        if text.starts_with("REINDEX") && !has("CONCURRENTLY") {
            broken.push(("reindex", "writers wait until it is done"));
        }
        if text.starts_with("CLUSTER") || has("VACUUM FULL") {
            broken.push(("rewrite", "everybody waits until the table is written anew"));
        }
        if text.starts_with("LOCK ") {
            broken.push(("lock", "others wait until the migration ends"));
        }
        for word in ["DROP TABLE ", "DROP VIEW ", "DROP TYPE "] {
            if text.starts_with(word) {
                broken.push(("drop", "the version before still reads it"));
            }
        }
        let writes = ["TRUNCATE ", "UPDATE ", "DELETE FROM "];
        let written = writes.iter().find_map(|word| text.strip_prefix(word));
        if written.is_some_and(|rest| names(rest).iter().any(|name| self.is_big(name))) {
            broken.push(("rows", "it writes a big table, in one transaction"));
        }
        if let Some(rest) = text.strip_prefix("ALTER TABLE ") {
            broken.extend(self.alteration(rest));
        }
        broken
    }

    fn is_big(&self, table: &str) -> bool {
        !self.made.contains(table) && big_table_of(table).is_some()
    }

    fn index(&self, text: &str) -> Option<Broken> {
        let (_, rest) = text.split_once(" ON ")?;
        let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
        let table = names(rest).into_iter().next()?;
        if !self.is_big(&table) {
            return None;
        }
        let concurrently = text.contains(" CONCURRENTLY ") && self.no_transaction;
        let is_built_first = self.indexes_first && text.starts_with("CREATE INDEX IF NOT EXISTS");
        let why = "writers wait until it is built; say `-- indexes first` and IF NOT EXISTS";
        (!concurrently && !is_built_first).then_some(("create-index", why))
    }

    fn alteration(&self, rest: &str) -> Vec<Broken> {
        let rest = rest.strip_prefix("IF EXISTS ").unwrap_or(rest);
        let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
        let Some(table) = names(rest).into_iter().next() else {
            return Vec::new();
        };
        let mut broken = Vec::new();
        if self.made.contains(&table) {
            return broken;
        }
        let rest = format!(" {rest} ");
        let has = |words: &str| rest.contains(&format!(" {words} "));
        if has("RENAME") {
            broken.push(("rename", "the version before knows the former name"));
        }
        if has("DROP COLUMN") {
            broken.push(("drop", "the version before still reads it"));
        }
        if big_table_of(&table).is_none() {
            return broken;
        }
        if has("SET NOT NULL") {
            let why = "all rows are read; add a CHECK that is NOT VALID, and validate it first";
            broken.push(("not-null", why));
        }
        let is_set_type = has("SET DATA TYPE") || has("ALTER COLUMN") && has("TYPE");
        if is_set_type
            || ["SET LOGGED", "SET UNLOGGED", "SET ACCESS METHOD"]
                .iter()
                .any(|set| has(set))
        {
            broken.push(("rewrite", "everybody waits until the table is written anew"));
        }
        if has("ADD COLUMN") || has("ADD") && !has("ADD CONSTRAINT") {
            let fills = ["STORED", "IDENTITY", "SERIAL", "BIGSERIAL"];
            let volatile = [
                "RANDOM()",
                "GEN_RANDOM_UUID()",
                "CLOCK_TIMESTAMP()",
                "NEXTVAL(",
            ];
            if fills.iter().any(|word| has(word)) || volatile.iter().any(|call| rest.contains(call))
            {
                broken.push(("rewrite", "everybody waits until each row has its value"));
            }
        }
        let checks =
            has("CHECK") || rest.contains(" CHECK(") || has("FOREIGN KEY") || has("REFERENCES");
        if checks && !has("NOT VALID") {
            let why = "all rows are read; say NOT VALID, and validate it in a later migration";
            broken.push(("constraint", why));
        }
        let keys = ["ADD PRIMARY KEY", "ADD UNIQUE"];
        let is_key = keys.iter().any(|words| has(words))
            || has("ADD CONSTRAINT") && (has("PRIMARY KEY") || has("UNIQUE"));
        if is_key && !has("USING INDEX") {
            broken.push((
                "constraint",
                "writers wait until its index is built; say USING INDEX",
            ));
        }
        broken
    }
}

/// The names at the beginning of a text, as far as commas go.
fn names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(' ') {
        let name = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
        let name = name.rsplit('.').next().unwrap_or(name);
        found.push(name.to_lowercase());
        if !word.ends_with(',') {
            break;
        }
    }
    found
}

/// The table that a statement makes.
fn made(statement: &Statement) -> Option<String> {
    let rest = statement.text.strip_prefix("CREATE TABLE ")?;
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    names(rest).into_iter().next()
}

/// Reads statements: comments apart, and what is quoted left out.
fn statements(sql: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut statement = Statement::default();
    let mut rest = sql;
    while let Some(next) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("--") {
            let (line, after) = comment.split_once('\n').unwrap_or((comment, ""));
            statement.comments.push(line.to_owned());
            statement.text.push(' ');
            rest = after;
        } else if next == '\'' {
            let closing = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
            rest = &rest[closing..];
        } else if let Some(tag) = dollar_tag(rest) {
            let inside = &rest[tag.len()..];
            let end = inside.find(tag).map_or(inside.len(), |end| end + tag.len());
            rest = &inside[end..];
        } else if next == ';' {
            found.push(std::mem::take(&mut statement));
            rest = &rest[1..];
        } else {
            statement.text.extend(next.to_uppercase());
            rest = &rest[next.len_utf8()..];
        }
    }
    found.push(statement);
    for statement in &mut found {
        let words: Vec<&str> = statement.text.split_whitespace().collect();
        statement.text = words.join(" ");
    }
    found.retain(|statement| !statement.text.is_empty());
    found
}

/// The tag that a quotation by dollars begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    let is_tag = inner[..end]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_');
    is_tag.then(|| &text[..end + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_others_waiting_is_refused() {
        for (rule, sql) in [
            ("create-index", "CREATE INDEX jobs_x ON jobs (name);"),
            ("create-index", "CREATE UNIQUE INDEX jobs_x ON jobs (name);"),
            (
                "create-index",
                "-- indexes first\nCREATE INDEX jobs_x ON jobs (name);",
            ),
            (
                "create-index",
                "CREATE INDEX x ON ONLY daily_counts USING brin (day);",
            ),
            (
                "create-index",
                "CREATE INDEX CONCURRENTLY x ON jobs (name);",
            ),
            (
                "one-statement",
                "-- no-transaction\nDROP INDEX CONCURRENTLY a;\nSELECT 1;",
            ),
            ("drop-index", "DROP INDEX jobs_by_name;"),
            (
                "late-board",
                "-- allow drop-index: nothing uses it\nDROP INDEX board_rows_by_star;",
            ),
            ("reindex", "REINDEX TABLE jobs;"),
            (
                "rewrite",
                "ALTER TABLE jobs ALTER COLUMN attempt TYPE bigint;",
            ),
            (
                "rewrite",
                "ALTER TABLE jobs ALTER attempt SET DATA TYPE bigint;",
            ),
            ("rewrite", "ALTER TABLE jobs SET UNLOGGED;"),
            (
                "rewrite",
                "ALTER TABLE names ADD COLUMN x uuid DEFAULT gen_random_uuid();",
            ),
            (
                "rewrite",
                "ALTER TABLE names ADD COLUMN x text GENERATED ALWAYS AS (lower(name)) STORED;",
            ),
            ("rewrite", "CLUSTER jobs USING jobs_pkey;"),
            (
                "not-null",
                "ALTER TABLE names ALTER COLUMN name SET NOT NULL;",
            ),
            (
                "constraint",
                "ALTER TABLE names ADD CONSTRAINT short CHECK (length(name) < 99);",
            ),
            (
                "constraint",
                "ALTER TABLE names ADD CONSTRAINT one UNIQUE (name);",
            ),
            ("constraint", "ALTER TABLE names ADD PRIMARY KEY (name);"),
            ("rows", "UPDATE contribution_events SET counted = 0;"),
            ("rows", "TRUNCATE retractions, board_rows;"),
            ("rows", "DELETE FROM public.pushes;"),
            ("drop", "DROP TABLE account_links;"),
            ("drop", "ALTER TABLE account_links DROP COLUMN credited;"),
            (
                "rename",
                "ALTER TABLE account_links RENAME COLUMN credited TO to_whom;",
            ),
            ("lock", "LOCK TABLE jobs;"),
            ("do", "DO $$ BEGIN UPDATE jobs SET name = ''; END $$;"),
            (
                "drop-index",
                "-- allow drop-index:\nDROP INDEX jobs_by_name;",
            ),
            (
                "drop-index",
                "-- allow drop: it is another rule\nDROP INDEX jobs_by_name;",
            ),
        ] {
            let found = objections(sql);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            assert!(
                found[0].starts_with(&format!("{rule}:")),
                "{sql}: {found:?}"
            );
        }
    }

    #[test]
    fn what_nobody_waits_for_is_let_through() {
        for sql in [
            "-- no-transaction\nCREATE INDEX CONCURRENTLY x ON jobs (name);",
            "-- indexes first\nCREATE INDEX IF NOT EXISTS x\n    ON daily_counts USING brin (day);",
            "CREATE TABLE new (a text); CREATE INDEX new_a ON new (a);",
            "CREATE TABLE jobs (a text); ALTER TABLE jobs ALTER COLUMN a SET NOT NULL;",
            "CREATE INDEX x ON account_links (credited);",
            "ALTER TABLE jobs ADD COLUMN note text NOT NULL DEFAULT '';",
            "ALTER TABLE jobs ADD CONSTRAINT tried CHECK (attempt >= 0) NOT VALID;",
            "ALTER TABLE jobs VALIDATE CONSTRAINT tried;",
            "ALTER TABLE jobs ADD CONSTRAINT one UNIQUE USING INDEX jobs_one;",
            "UPDATE projections SET sequence = 0 WHERE projection = 'jobs; TRUNCATE jobs';",
            "-- Why.\n-- allow drop-index: nothing uses it\nDROP INDEX jobs_by_name;",
            "-- TRUNCATE jobs;\nSELECT 1;",
        ] {
            assert_eq!(objections(sql), Vec::<String>::new(), "{sql}");
        }
    }
}
