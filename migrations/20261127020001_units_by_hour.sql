-- Units in the order of the hour, day or instant that their names tell, whatever source
-- they are of and whatever files are called by: an archive's file is called after an hour
-- that is not padded (2016-01-01-9.json.gz), a unit of a repository after what it holds
-- (octo/cat day 2016-01-01). Those that tell none come last.
-- indexes first

CREATE INDEX IF NOT EXISTS coverage_units_by_hour
    ON coverage_units
       ((regexp_replace(translate(coalesce(substring(unit FROM '(?:^(?=[^ ]*$)| )(\d{4}-\d\d-\d\d(?:[-T]\d{1,2}(?!\d))?)'), ''), 'T', '-'), '-(\d)$', '-0\1') COLLATE "C") DESC,
        source, unit);
-- allow drop-index: it is replaced by the one above, and is not held for long
DROP INDEX coverage_units_newest;
