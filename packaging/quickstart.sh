#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: bash packaging/quickstart.sh [FOLDER]
#
# Shows saoluu at work on real documents, from nothing to a proven restore: builds the program,
# backs FOLDER up into a new encrypted repository, checks it, restores it elsewhere, compares.
# FOLDER is only read. Without one, your Documents folder is taken if it is small enough, or else
# the documents that came with this machine. Nothing that exists is overwritten.
set -Eeuo pipefail
exec </dev/null 3>&1

readonly max_mib=200 # what is tried unasked; a FOLDER that you name may be of any size
source_root=$(cd "$(dirname "$0")/.." && pwd)
readonly source_root

say() { printf '%s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() {
    printf '\nStopped: %s\n' "$*" >&2
    trap - ERR
    exit 1
}

step_number=0
step_name="getting ready"
step() { # step "in English" "bằng tiếng Việt"
    step_number=$((step_number + 1))
    step_name=$1
    printf '\n%d. %s\n   (%s)\n' "$step_number" "$1" "$2"
}

work=""
failed() {
    local code=$?
    printf '\nStep %d failed (exit code %d): %s\n' "$step_number" "$code" "$step_name" >&2
    printf 'The message above says why. (Bước %d không thành công, xem thông báo ở trên.)\n' \
        "$step_number" >&2
    [[ -z $work ]] || printf 'What was made so far lies in %s\n' "$work" >&2
    exit "$code"
}
trap failed ERR

# Shows a command as one would type it, then runs it.
run() {
    printf '   $%s\n' "$(printf ' %q' "$@")" >&3
    "$@"
}

mib_of() { # rounded up; a huge folder is given up after a while and counts as huge
    local kib
    kib=$(timeout 30 du -skx -- "$1" 2>/dev/null | cut -f1) || true
    printf '%d' $(((${kib:-999999999} + 1023) / 1024))
}

has_documents() { # at least a few files, and not too many bytes
    [[ -d $1 && -r $1 && -x $1 ]] || return 1
    [[ -n $(find "$1" -xdev -type f -size +0 -print -quit 2>/dev/null) ]] || return 1
    (($(mib_of "$1") <= max_mib))
}

pick_folder() {
    local user home
    user=${SUDO_USER:-$(id -un)}
    home=$(getent passwd "$user" | cut -d: -f6)
    local candidate
    for candidate in "$home/Documents" "$home/Tài liệu" "$home/Tai lieu" \
        /usr/share/doc /usr/share/common-licenses "$source_root/src"; do
        if has_documents "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

is_inside() { [[ $1 == "$2" || $1 == "${2%/}/"* ]]; }

make_work_folder() {
    local parent
    for parent in "${HOME:-/nowhere}" /var/tmp /tmp; do
        parent=$(realpath -e -- "$parent" 2>/dev/null) || continue
        # Not inside what is backed up: the comparison would find the repository itself.
        if [[ -w $parent ]] && ! is_inside "$parent" "$folder"; then
            mktemp -d "$parent/saoluu-quickstart.XXXXXX"
            return
        fi
    done
    return 1
}

# Keys belong to a person by name; the account's full name, where it has one.
holder_name() {
    local full
    full=$(getent passwd "${SUDO_USER:-$(id -un)}" | cut -d: -f5 | cut -d, -f1)
    if [[ $full == *" "* ]]; then printf '%s' "$full"; else printf 'Trial User'; fi
}

# Five groups of four from letters and digits that look unlike each other: about 115 bits.
new_passphrase() {
    local letters phrase=""
    until [[ $phrase == *[A-Z]* && $phrase == *[a-z]* && $phrase == *[2-9]* ]]; do
        letters=$(head -c 1024 /dev/urandom | LC_ALL=C tr -dc 'A-HJ-NP-Za-km-z2-9')
        phrase=${letters:0:4}-${letters:4:4}-${letters:8:4}-${letters:12:4}-${letters:16:4}
    done
    printf '%s\n' "$phrase"
}

[[ $# -le 1 ]] || {
    echo "usage: $0 [FOLDER]" >&2
    exit 2
}

say "saoluu, from nothing to a proven restore"
say "(sao lưu: từ đầu đến khi khôi phục được kiểm chứng)"

step "Install what the program is built with (needs root or sudo only if something is missing)" \
    "Cài đặt các gói cần thiết"
bash "$source_root/packaging/install-deps.sh" build
note "All is there."

step "Build the program (a minute or two)" "Biên dịch chương trình"
cd "$source_root"
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"
build_log=$(mktemp)
if ! { cmake --preset release -DBUILD_TESTING=OFF &&
    cmake --build --preset release --target saoluu locale; } >"$build_log" 2>&1; then
    tail -n 40 "$build_log" >&2
    die "the program did not build; the whole log is $build_log"
fi
rm -f "$build_log"
saoluu=$source_root/build/release/saoluu
note "The program is $saoluu"

step "Choose the documents to back up" "Chọn tài liệu để sao lưu"
if [[ $# -eq 1 ]]; then
    [[ -d $1 ]] || die "there is no folder $1"
    folder=$(realpath -e -- "$1")
else
    folder=$(pick_folder) || die "found no documents to try with: name a folder"
    folder=$(realpath -e -- "$folder")
fi
work=$(make_work_folder) || die "found no place outside $folder to put the repository"
folder_mib=$(mib_of "$folder")
free_mib=$(($(df -Pk -- "$work" | awk 'NR == 2 { print $4 }') / 1024))
# Room for the backup and for the restored copy beside it.
((free_mib > 2 * folder_mib + 100)) ||
    die "$work has $free_mib MiB free; the backup and its restored copy may need $((2 * folder_mib + 100))"
note "$folder ($folder_mib MiB, $(find "$folder" -type f 2>/dev/null | wc -l) files). It is only read."
note "Everything new goes to $work"

repo=$work/repository
key=$work/backup.key
passphrase=$work/passphrase.txt
restored=$work/restored

step "Make an encrypted repository, and the keys to it" "Tạo kho sao lưu mã hóa và khóa"
(umask 077 && new_passphrase >"$passphrase")
run "$saoluu" init --repo "$repo" --holder "$(holder_name)" \
    --passphrase-file "$passphrase" --backup-key "$key"
note "The passphrase opens everything. It was made at random and lies in $passphrase"
note "The backup key can only add backups: it reads none. It lies in $key"

step "Back the documents up, with the key that can only write" "Sao lưu bằng khóa chỉ ghi"
incomplete=0
run "$saoluu" --repo "$repo" --key-file "$key" backup "$folder" || {
    code=$?
    ((code == 3)) || (exit "$code")
    incomplete=1
    note "Some files could not be read (they are named above); all others are backed up."
}

step "List what the repository holds" "Liệt kê các bản chụp và các khóa"
run "$saoluu" --repo "$repo" --key-file "$key" snapshots
run "$saoluu" --repo "$repo" --passphrase-file "$passphrase" key list

step "Check every stored byte, with the backup key" "Kiểm tra tính toàn vẹn bằng khóa sao lưu"
run "$saoluu" --repo "$repo" --key-file "$key" check

step "Check again with the passphrase: decrypt all and compare" "Giải mã và kiểm tra toàn bộ dữ liệu"
run "$saoluu" --repo "$repo" --passphrase-file "$passphrase" check --read-data

step "Restore everything to a new folder" "Khôi phục vào thư mục mới"
run "$saoluu" --repo "$repo" --passphrase-file "$passphrase" \
    restore "latest:$folder" --target "$restored"

step "Compare the restored documents with the originals" "So sánh với bản gốc"
if ! run diff -r --no-dereference "$folder" "$restored" >"$work/differences.txt" 2>&1; then
    head -n 20 "$work/differences.txt"
    note "All differences are listed in $work/differences.txt"
    if ((incomplete)); then
        die "the copies differ. Files that could not be read are missing; try again with sudo"
    fi
    die "the copies differ; the lines above say where. Was a document changed in the meantime?"
fi
rm -f "$work/differences.txt"
note "Identical, to the last byte. (Giống hệt bản gốc.)"

printf '\nDone. What to do next (việc tiếp theo):\n\n'
cat <<NEXT
 * Keep the passphrase: move
     $passphrase
   to a safe place that is not this computer, such as a sealed envelope or a password safe.
   Without it nobody can ever read this backup, and nobody can help.
 * Back up again; only what is new is stored:
     $(printf '%q ' "$saoluu" --repo "$repo" --key-file "$key" backup "$folder")
 * Get one folder or file back:
     $(printf '%q ' "$saoluu" --repo "$repo" restore "latest:$folder/SOME/FILE" --target NEW-FOLDER)
 * This was a trial on the same disk. A backup that counts lies on another one: run
     $(printf '%q' "$saoluu") init --help
   and name a folder on a NAS or a second disk as the repository.
 * Remove the trial whenever you like: rm -rf $(printf '%q' "$work")
NEXT
