-- What each table of a generation ($1) takes without its indexes, how much of that is
-- likely no row, and rows that are dead and not vacuumed; of a partitioned table all
-- partitions together. What rows need is estimated from what ANALYZE saw: 28 bytes for
-- header and pointer, the average width of each column, of which null ones need
-- nothing; half as much again for padding, so that only real bloat is told of.
SELECT root.relname::text AS "table!",
       sum(leaf.relpages::double precision * 8192) AS "bytes!",
       sum(greatest(leaf.relpages::double precision * 8192
                    - greatest(leaf.reltuples, 0) * (28 + width.bytes) * 1.5 - 8192 * 16, 0))
           AS "bloat_bytes!",
       sum(pg_stat_get_dead_tuples(leaf.oid))::double precision AS "dead_rows!"
FROM pg_class AS leaf
JOIN pg_namespace AS home ON home.oid = leaf.relnamespace
JOIN pg_class AS root ON root.oid = coalesce(pg_partition_root(leaf.oid), leaf.oid)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(avg_width * (1 - null_frac)), 0)::double precision AS bytes
    FROM pg_stats WHERE schemaname = home.nspname AND tablename = leaf.relname
) AS width
WHERE home.nspname = $1 AND leaf.relkind = 'r' AND root.relname <> '_sqlx_migrations'
GROUP BY root.relname
