#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The README's recipe for PostgreSQL, with a real server (tests/support/services/postgres.sh)."""
import re
import subprocess
import unittest

from databases import DatabaseTest, recipe
from recipes import README

FILL = """
CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, born date, photo bytea, facts jsonb);
INSERT INTO people (name, born, photo, facts)
    SELECT 'Nguyễn Văn ' || i, date '1950-01-01' + i, sha512(i::text::bytea),
           jsonb_build_object('hash', md5(i::text), 'n', i) FROM generate_series(1, 20000) i;
CREATE TABLE secret (id int, owner name, word text);
INSERT INTO secret SELECT i, 'someone', md5(i::text) FROM generate_series(1, 100) i;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (owner = current_user);
CREATE VIEW old AS SELECT * FROM people WHERE born < '1960-01-01';
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
SELECT lo_from_bytea(4711, sha512('large'));
CREATE SCHEMA "kế toán";
CREATE TABLE "kế toán"."sổ" AS SELECT i, random() AS r FROM generate_series(1, 1000) i;
"""


class Postgres(DatabaseTest):
    title, job = "PostgreSQL", "csdl"
    variables = {"PGUSER": "saoluu"}
    admin = {"PGUSER": "postgres"}

    def setUp(self):
        super().setUp()
        self.drop()
        self.addCleanup(self.drop)
        self.sql(recipe(self.title, "sql"), "postgres")
        self.call("createdb", "vanphong", env=self.admin)
        self.sql(FILL)

    def drop(self):
        for name in ("vanphong", "vanphong2"):
            self.call("dropdb", "--if-exists", name, env=self.admin)
        self.sql("DROP ROLE IF EXISTS saoluu", "postgres")

    def sql(self, text, database="vanphong"):
        return self.call("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database, given=text, env=self.admin)

    def dumped(self, database):
        """All of it as text, which pg_dump marks with random words."""
        lines = self.call("pg_dump", database, env=self.admin).splitlines()
        return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]

    def test_what_comes_back_is_what_was_there_and_the_next_dump_shares_most(self):
        first = self.run_job().lines()[-1]
        self.assertGreater(first["bytes"], 4_000_000)
        create, load = self.restore()
        self.call(*create, env=self.admin)
        self.call(*load, env=self.admin)
        self.assertEqual(self.dumped("vanphong2"), self.dumped("vanphong"))
        self.assertEqual(self.sql("SELECT count(*) FROM secret", "vanphong2"), "100\n")
        self.assertEqual(self.sql("SELECT lo_get(4711) = sha512('large')", "vanphong2"), "t\n")
        self.sql("INSERT INTO people (name) VALUES ('mới')")
        second = self.run_job().lines()[-1]
        self.assertLess(second["new_chunk_bytes"], first["new_chunk_bytes"] * 2 / 3)
        self.assertEqual(self.snapshots(), 2)

    def test_its_role_can_change_nothing(self):
        for change in ("INSERT INTO people (name) VALUES ('x')", "DELETE FROM people", "DROP TABLE people",
                       "CREATE TABLE x (i int)", "CREATE ROLE x", "COPY people TO PROGRAM 'true'"):
            done = subprocess.run(["psql", "-qAtX", "-d", "vanphong", "-c", change], capture_output=True,
                                  text=True, check=False, env={**self.environment(None), "PGUSER": "saoluu"})
            self.assertRegex(done.stderr, "permission denied|must be (owner|superuser)", change)

    def test_roles_are_dumped_by_a_second_job_without_their_passwords(self):
        self.sql("ALTER ROLE saoluu PASSWORD 'bi-mat'", "postgres")
        words = re.search(r"`command = (\[\"pg_dumpall\".*?\])`", README.read_text(encoding="utf-8"))[1]
        with open(self.config, "a", encoding="utf-8") as config:
            config.write(f'\n[[job]]\nname = "vaitro"\ncommand = {words}\nstores = ["nas"]\n')
        self.expect(0, "job", "run", "vaitro", "--config", self.config, env=self.variables)
        self.expect(0, "restore", "latest:vaitro:/vaitro", "--target", self.folder / "back", "--repo", self.repo,
                    "--passphrase-file", self.passphrase)
        roles = (self.folder / "back/vaitro").read_text(encoding="utf-8")
        self.assertIn("CREATE ROLE saoluu;", roles)
        self.assertNotRegex(roles, "PASSWORD|bi-mat")

    def test_a_dump_that_is_cut_off_makes_no_snapshot(self):
        self.sql("CREATE TABLE big AS SELECT i, sha512(i::text::bytea) AS h, sha512((-i)::text::bytea) AS g "
                 "FROM generate_series(1, 400000) i")
        killer = subprocess.Popen(["psql", "-qAtX", "-d", "postgres"], stdin=subprocess.PIPE, text=True,
                                  env={**self.environment(None), **self.admin})
        killer.stdin.write("""DO $$ BEGIN LOOP
            PERFORM pg_stat_clear_snapshot();
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = 'saoluu' AND query LIKE 'COPY%big%';
            EXIT WHEN FOUND;
            PERFORM pg_sleep(0.001);
        END LOOP; END $$;""")
        killer.stdin.close()
        done = self.run_job(1)
        self.assertEqual(killer.wait(60), 0)
        self.assertRegex(done.err, "pg_dump: .*status 1.*terminat")
        self.assertEqual(self.snapshots(), 0)

    def test_a_role_or_database_that_is_not_there_is_told_in_its_own_words(self):
        self.call("dropdb", "vanphong", env=self.admin)
        self.assertRegex(self.run_job(1).err, 'pg_dump: .*database "vanphong" does not exist')
        self.assertEqual(self.snapshots(), 0)


if __name__ == "__main__":
    unittest.main()
