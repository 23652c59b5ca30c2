#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: postgres.sh start|stop DIR
#
# A PostgreSQL server on a socket in DIR alone, with a cluster of its own there; started by root it runs as
# nobody. Whoever runs the tests may log in as the roles postgres and saoluu, by "peer". start prints PGHOST
# and PGPORT, as lines of export. Package: postgresql, of which the machine's own clusters are not touched.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.sh"
service "$@"

programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[[ -x $programs/postgres ]] || die "Debian's postgresql is missing"
as=()
if [[ $(id -u) -eq 0 ]]; then # which the server refuses
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    chown nobody "$DIR" "$DIR/data"
    chmod 755 "$DIR"
fi
"${as[@]}" "$programs/initdb" -D "$DIR/data/cluster" -U postgres -E UTF8 --locale=C.UTF-8 --auth-local=peer \
    --auth-host=reject --no-sync >"$DIR/log/initdb" 2>&1
"${as[@]}" tee "$DIR/data/cluster/pg_hba.conf" >/dev/null <<<'local all all peer map=tests'
for role in postgres saoluu; do
    printf "tests %s $role\n" "$(id -un)" nobody
done | "${as[@]}" tee "$DIR/data/cluster/pg_ident.conf" >/dev/null
spawn postgres "${as[@]}" "$programs/postgres" -D "$DIR/data/cluster" -k "$DIR" -c listen_addresses= -c port=5432 \
    -c fsync=off -c shared_buffers=16MB -c max_connections=10
until_ok 60 "$programs/pg_isready" -h "$DIR" -p 5432
ready "PGHOST=$DIR" PGPORT=5432
