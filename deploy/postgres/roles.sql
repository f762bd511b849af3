-- Least-privilege roles, for the superuser to run once in the database that is
-- ours, before `leaderboard migrate`; running it again changes nothing.
--
--   leaderboard_owner      owns everything; nobody logs in as it
--   leaderboard_projector  projector, worker, migrations, replays: acts as the owner,
--                          because partitions and generations (schemas) are made and dropped
--                          while it works; it owns this database's objects and nothing else
--   leaderboard_api        query API: reads, and cannot write whatever it is told
--   leaderboard_monitor    exporters: numbers of the server, no data of ours
--
-- Roles are made without passwords; give them some:
--   psql -c '\password leaderboard_api'
DO $$
DECLARE
    role text;
    known record;
BEGIN
    FOREACH role IN ARRAY ARRAY['leaderboard_owner', 'leaderboard_projector',
                                'leaderboard_api', 'leaderboard_monitor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
                            NOBYPASSRLS %s', role,
                           CASE role WHEN 'leaderboard_owner' THEN 'NOLOGIN' ELSE 'LOGIN' END);
        END IF;
    END LOOP;

    EXECUTE format('ALTER DATABASE %I OWNER TO leaderboard_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO leaderboard_projector, leaderboard_api,
                                                    leaderboard_monitor', current_database());
    ALTER SCHEMA public OWNER TO leaderboard_owner;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;

    -- What was made before, by whoever ran migrations then.
    FOR known IN
        SELECT nspname AS schema FROM pg_namespace
        WHERE nspname IN ('public', 'control') OR nspname LIKE 'generation\_%'
    LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO leaderboard_owner', known.schema);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO leaderboard_api', known.schema);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO leaderboard_api', known.schema);
    END LOOP;
    FOR known IN
        SELECT format('ALTER %s %s OWNER TO leaderboard_owner',
                      CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, pg_class.oid::regclass)
                   AS statement
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE (nspname IN ('public', 'control') OR nspname LIKE 'generation\_%')
          AND relkind IN ('r', 'p', 'v')
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO leaderboard_owner', pg_type.oid::regtype)
        FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
        WHERE (nspname = 'public' OR nspname LIKE 'generation\_%') AND typtype = 'e'
    LOOP
        EXECUTE known.statement;
    END LOOP;
END $$;

-- The projector's sessions begin as the owner, so that whatever they make is the owner's.
GRANT leaderboard_owner TO leaderboard_projector;
ALTER ROLE leaderboard_projector SET role TO 'leaderboard_owner';
-- Before a generation is dropped, readers that began earlier are waited for; of sessions of
-- another role only this lets it see when they began.
GRANT pg_read_all_stats TO leaderboard_owner;
GRANT pg_monitor TO leaderboard_monitor;

-- Whatever the owner makes the API may read: the tables of the next generation, too.
ALTER DEFAULT PRIVILEGES FOR ROLE leaderboard_owner GRANT USAGE ON SCHEMAS TO leaderboard_api;
ALTER DEFAULT PRIVILEGES FOR ROLE leaderboard_owner GRANT SELECT ON TABLES TO leaderboard_api;
-- A second lock on the same door.
ALTER ROLE leaderboard_api SET default_transaction_read_only TO on;
