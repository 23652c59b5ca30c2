#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The README's recipe for MariaDB, with a real server (tests/support/services/mariadb.sh)."""
import os
import pwd
import subprocess
import unittest

from databases import DatabaseTest, recipe

SOCKET = os.environ["SAOLUU_TEST_MARIADB"]
FILL = """
CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) CHARACTER SET utf8mb4, photo BLOB,
                     born DATETIME(6), weight DOUBLE) ENGINE=InnoDB;
INSERT INTO people (name, photo, born, weight)
    SELECT CONCAT('Nguyễn Văn ', seq), UNHEX(SHA2(seq, 512)), '1950-01-01' + INTERVAL seq DAY, seq / 7
    FROM seq_1_to_40000;
CREATE VIEW old AS SELECT id, name FROM people WHERE born < '1960-01-01';
CREATE TRIGGER upper_name BEFORE INSERT ON people FOR EACH ROW SET NEW.name = UPPER(NEW.name);
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n;
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM people WHERE born IS NULL;
CREATE TABLE `kế toán` AS SELECT seq, RAND() AS r FROM seq_1_to_1000;
"""


class MariaDb(DatabaseTest):
    title, job = "MariaDB", "web"

    def setUp(self):
        super().setUp()
        # The socket knows people by the system's name for them, which is not saoluu here.
        self.role = f"{pwd.getpwuid(os.geteuid()).pw_name}@localhost"
        self.write(".my.cnf", f"[client]\nsocket={SOCKET}\n")
        self.variables = {"HOME": self.folder}
        self.drop()
        self.addCleanup(self.drop)
        self.sql(recipe(self.title, "sql").replace("saoluu@localhost", self.role))
        self.sql("CREATE DATABASE web")
        self.sql(FILL, "web")

    def drop(self):
        self.sql("DROP DATABASE IF EXISTS web; DROP DATABASE IF EXISTS web2")
        self.sql(f"DROP USER IF EXISTS {self.role}")

    def client(self, program="mariadb", user="admin"):
        return (program, "--no-defaults", f"--socket={SOCKET}", "--default-character-set=utf8mb4",
                *([f"--user={user}"] if user else []))

    def sql(self, text, *database):
        return self.call(*self.client(), "-N", *database, given=text)

    def dumped(self, database):
        return self.call(*self.client("mariadb-dump"), "--skip-comments", "--routines", "--events", "--hex-blob",
                         database)

    def test_what_comes_back_is_what_was_there_and_the_next_dump_shares_most(self):
        first = self.run_job().lines()[-1]
        self.assertGreater(first["bytes"], 5_000_000)
        (create, *create_words), (load, *load_words) = self.restore()
        self.assertEqual((create, load, load_words[1]), ("mariadb", "mariadb", "<"))
        self.call(*self.client(), *create_words)
        with open(load_words[2], encoding="utf-8") as dump:
            self.call(*self.client(), load_words[0], given=dump.read())
        self.assertEqual(self.dumped("web2"), self.dumped("web"))
        self.assertEqual(self.sql("SELECT twice(21), COUNT(*) FROM old", "web2"),
                         self.sql("SELECT twice(21), COUNT(*) FROM old", "web"))
        self.sql("INSERT INTO people (name) VALUES ('mới')", "web")
        second = self.run_job().lines()[-1]
        self.assertLess(second["new_chunk_bytes"], first["new_chunk_bytes"] * 2 / 3)
        self.assertEqual(self.snapshots(), 2)

    def test_its_role_can_change_nothing_but_triggers_and_events(self):
        for change in ("INSERT INTO people (name) VALUES ('x')", "DELETE FROM people", "DROP TABLE people",
                       "CREATE TABLE x (i INT)", "CREATE DATABASE x"):
            done = subprocess.run([*self.client(user=None), "-e", change, "web"], capture_output=True, text=True,
                                  check=False)
            self.assertIn("denied", done.stderr, change)
        for change in ("DROP TRIGGER upper_name", "DROP EVENT tidy"):  # as the README warns
            self.call(*self.client(user=None), "-e", change, "web")

    def test_a_dump_that_is_cut_off_makes_no_snapshot(self):
        self.sql("CREATE TABLE zbig AS SELECT seq, SHA2(seq, 512) AS a, SHA2(-CAST(seq AS SIGNED), 512) AS b "
                 "FROM seq_1_to_400000", "web")
        killer = subprocess.Popen([*self.client(), "--delimiter=//"], stdin=subprocess.PIPE, text=True)
        killer.stdin.write("""BEGIN NOT ATOMIC
            DECLARE victim BIGINT DEFAULT NULL;
            WHILE victim IS NULL DO
                SET victim = (SELECT MIN(id) FROM information_schema.processlist
                              WHERE id <> CONNECTION_ID() AND info LIKE 'SELECT%SQL_NO_CACHE%zbig%');
                DO SLEEP(0.001);
            END WHILE;
            EXECUTE IMMEDIATE CONCAT('KILL ', victim);
        END //""")
        killer.stdin.close()
        done = self.run_job(1)
        self.assertEqual(killer.wait(60), 0)
        self.assertRegex(done.err, "mariadb-dump: .*status [1-9]")
        self.assertEqual(self.snapshots(), 0)


if __name__ == "__main__":
    unittest.main()
