#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: packaging/install-deps.sh [build|test|all|dev]
#
# Installs from Debian 12 what is missing, and nothing else, for
#   build   the program itself
#   test    that, and the tests of tests/run.sh (the default)
#   all     that, the second compiler for tests/run.sh --all, and what tests/bench measures with
#   dev     that, and what the presets fuzz, tidy and coverage need
#
# Runs as root or with sudo. Where nothing is missing it neither needs rights nor the network.
set -euo pipefail

build_packages=(
    g++ cmake ninja-build pkg-config gettext ca-certificates
    libsodium-dev libzstd-dev libssl-dev libfmt-dev libexpected-dev libcli11-dev
    nlohmann-json3-dev libunistring-dev libcurl4-openssl-dev libpugixml-dev libsqlite3-dev libtomlplusplus-dev libcctz-dev tzdata dpkg-dev file
    python3 # for the package's list of what it is made of
)
test_packages=(
    git doctest-dev python3-cryptography python3-nacl python3-zstandard acl attr rsync time zstd
    systemd curl openssl ceph-mon ceph-osd radosgw
    openssh-client openssh-server openssh-sftp-server
    sqlite3 python3-aiosmtpd python3-prometheus-client
    systemd-container apparmor mandoc man-db bash-completion zsh fish xz-utils
)
all_packages=(
    clang-14 libclang-rt-14-dev libbenchmark-dev
    lintian mmdebstrap qemu-system-x86 busybox-static cpio kmod nfs-kernel-server nfs-common samba cifs-utils e2fsprogs iproute2
    swift-proxy swift-account swift-container swift-object memcached
    postgresql mariadb-server-core mariadb-client
)
dev_packages=(
    clang-tidy-14 clang-format-14 lld-14 llvm-14 gcovr
)

want=${1:-test}
packages=("${build_packages[@]}")
case $want in
    build) ;;
    test) packages+=("${test_packages[@]}") ;;
    all) packages+=("${test_packages[@]}" "${all_packages[@]}") ;;
    dev) packages+=("${test_packages[@]}" "${all_packages[@]}" "${dev_packages[@]}") ;;
    *)
        echo "usage: $0 [build|test|all|dev]" >&2
        exit 2
        ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "This script knows Debian's package manager only. Please install by hand:" >&2
    printf '  %s\n' "${packages[@]}" >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

# env: sudo drops DEBIAN_FRONTEND, and a question would wait for ever where nobody sits.
as_root=(env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1)
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing: ${missing[*]}" >&2
        echo "Installing them needs root: run 'apt-get install ${missing[*]}' as root" >&2
        exit 1
    fi
    as_root=(sudo "${as_root[@]}")
fi

apt=("${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
echo "Installing: ${missing[*]}"
# The tests start servers of their own: this machine is not to get one that runs.
clusters=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql "* && ! -e $clusters ]]; then
    "${as_root[@]}" mkdir -p "${clusters%/*}"
    echo "create_main_cluster = false" | "${as_root[@]}" tee "$clusters" >/dev/null
fi
# One broken third-party source must not stop what Debian's own can deliver.
"${apt[@]}" update </dev/null || echo "apt-get update had errors, trying to install anyway" >&2
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
