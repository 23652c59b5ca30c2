#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: mariadb.sh start|stop DIR
#
# A MariaDB server on a socket in DIR alone, with all that it has there. Its administrator is called admin and has
# no password, so that every name that the system knows is free for a role. start prints SAOLUU_TEST_MARIADB, the
# socket, as a line of export.
# Packages: mariadb-server-core, mariadb-client; they start no server of the machine's own.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.sh"
service "$@"

command -v mariadbd >/dev/null || PATH=$PATH:/usr/sbin
command -v mariadbd >/dev/null || die "Debian's mariadb-server-core is missing"
options=("--no-defaults" "--datadir=$DIR/data/files" "--user=$(id -un)")
mariadb-install-db "${options[@]}" --skip-test-db --auth-root-authentication-method=normal >"$DIR/log/install" 2>&1
spawn mariadbd mariadbd "${options[@]}" "--socket=$DIR/socket" "--pid-file=$DIR/data/pid" --skip-networking \
    --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0 --innodb-use-native-aio=0
until_ok 60 mariadb-admin --no-defaults "--socket=$DIR/socket" --user=root ping
mariadb --no-defaults "--socket=$DIR/socket" --user=root -e 'RENAME USER root@localhost TO admin@localhost'
ready "SAOLUU_TEST_MARIADB=$DIR/socket"
