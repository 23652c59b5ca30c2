#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: in_unit.sh, by unit.sh alone: it changes the machine that it runs on
#
# Sets up the servers and the service, does what the README says, has the daemon run each job, and looks at what
# came back.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
cd /
trap 'rc=$?; ((rc == 0)) || journalctl -u saoluu --no-pager | tail -n 20' EXIT

recipe() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/tests/support /usr/bin/python3 -c \
        'import sys, recipes; print(recipes.recipe(*sys.argv[1:]))' "$@"
}
is() { # WHAT GOT EXPECTED
    [[ $2 == "$3" ]] || {
        echo "$1: $2, and not $3" >&2
        exit 1
    }
}

# The service, as the package brings it.
install -m 755 "$here/saoluu" /usr/bin/saoluu
cp "$here/sysusers.conf" /usr/lib/sysusers.d/saoluu.conf
cp "$here/tmpfiles.conf" /usr/lib/tmpfiles.d/saoluu.conf
systemd-sysusers saoluu.conf
systemd-tmpfiles --create saoluu.conf
# The profile may be loaded on the machine below, from another version.
sed 's/^AppArmorProfile=/#&/' "$here/saoluu.service" >/etc/systemd/system/saoluu.service

# The servers, as their packages set them up.
pg_createcluster --port 5499 15 saoluutest >/dev/null
pg_ctlcluster 15 saoluutest start
export PGPORT=5499
getent passwd mysql >/dev/null || useradd --system mysql
rm -rf --one-file-system /var/lib/mysql
install -d -o mysql /var/lib/mysql /run/mysqld
mariadb-install-db --user=mysql --datadir=/var/lib/mysql --skip-test-db >/dev/null 2>&1
mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql --socket=/run/mysqld/mysqld.sock --skip-networking \
    --innodb-use-native-aio=0 >/run/mysqld/log 2>&1 &
for ((i = 0; i < 300; i++)); do
    mariadb-admin ping >/dev/null 2>&1 && break
    sleep 0.1
done
as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
recipe PostgreSQL sql | "${as_postgres[@]}" psql -qX -v ON_ERROR_STOP=1
"${as_postgres[@]}" createdb vanphong
echo "CREATE TABLE t AS SELECT generate_series(1, 1000) i; SELECT lo_from_bytea(4711, 'large');" |
    "${as_postgres[@]}" psql -qAtX -v ON_ERROR_STOP=1 vanphong >/dev/null
mariadb -e 'CREATE DATABASE web; USE web; CREATE TABLE t AS SELECT seq FROM seq_1_to_1000'
recipe MariaDB sql | mariadb
mkdir -p /srv/app
sqlite3 /srv/app/app.db 'PRAGMA journal_mode = wal; CREATE TABLE t (i); INSERT INTO t VALUES (42)' >/dev/null
chmod 600 /srv/app/app.db
install -d -o saoluu -m 700 /var/lib/saoluu/sqlite # as the README has it

install -d -o saoluu -g saoluu -m 700 /srv/saoluu /srv/saoluu/kho
(umask 077 && echo 'Chiec thuyen 9 ngoai cua bien' >/root/passphrase)
saoluu init --repo /srv/saoluu/kho --holder 'Nguyễn Văn An' --backup-key /etc/saoluu/backup.key \
    --passphrase-file /root/passphrase --kdf-mib 64 --kdf-passes 1 >/dev/null
chown -R saoluu: /srv/saoluu
{
    printf 'key_file = "backup.key"\n[[store]]\nname = "nas"\nurl = "/srv/saoluu/kho"\n'
    for title in PostgreSQL MariaDB SQLite; do recipe "$title" toml; done
} >/etc/saoluu/saoluu.toml
chown root:saoluu /etc/saoluu/{backup.key,saoluu.toml}
chmod 640 /etc/saoluu/{backup.key,saoluu.toml}
mkdir -p /etc/systemd/system/saoluu.service.d
printf '[Service]\nEnvironment=PGPORT=%s\n' "$PGPORT" >/etc/systemd/system/saoluu.service.d/test.conf
systemctl daemon-reload
systemctl start saoluu

run() { saoluu job run "$1"; }
back() { # SNAPSHOT:PATH
    saoluu restore "$1" --target /root/back --repo /srv/saoluu/kho --passphrase-file /root/passphrase >/dev/null
}
run csdl
back latest:csdl:/vanphong.dump
is "the tables of the dump" "$(pg_restore -f - /root/back/vanphong.dump | grep -c '^COPY public.t ')" 1
is "its large objects" "$(pg_restore -l /root/back/vanphong.dump | grep -c BLOBS)" 1
run web
back latest:web:/web.sql
is "the rows of the dump" "$(grep -o '([0-9]*)[,;]' /root/back/web.sql | wc -l)" 1000

# Nobody has the database open, and the service may not write beside it.
if run app; then
    echo "a database in WAL mode that nobody has open was read" >&2
    exit 1
fi
journalctl -u saoluu --no-pager | grep -q 'unable to open database'
mkfifo /run/hold
sqlite3 /srv/app/app.db </run/hold >/dev/null &
exec 7>/run/hold
echo 'SELECT * FROM t;' >&7
for ((i = 0; i < 100; i++)); do
    [[ ! -e /srv/app/app.db-shm ]] || break
    sleep 0.1
done
run app
exec 7>&-
back latest:app:/var/lib/saoluu/sqlite/app.db
is "the row that came back" "$(sqlite3 /root/back/app.db 'SELECT i FROM t')" 42
