-- Rows of each table of a generation, as the planner estimates them; of a
-- partitioned one those of its partitions.
SELECT root.relname::text AS "table!",
       sum(greatest(leaf.reltuples, 0))::double precision AS "rows!"
FROM pg_class AS leaf
JOIN pg_namespace AS home ON home.oid = leaf.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(leaf.oid), leaf.oid)
WHERE home.nspname = $1 AND leaf.relkind = 'r' AND root.relname <> '_sqlx_migrations'
GROUP BY root.relname
