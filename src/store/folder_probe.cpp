// SPDX-License-Identifier: Apache-2.0
#include "store/folder_probe.hpp"

#include "crypto/secret.hpp"
#include "store/mount.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::store {
namespace {

/// Two files of throw-away names, which go with it.
class Trial {
public:
    static Result<Trial> begin(const FolderTree& tree) {
        std::array<std::byte, 16> random{};
        crypto::random_bytes(random);
        Trial trial(tree, "probe-" + util::to_hex(random));
        trial.file_ = TRY(tree.create_file(util::join(kTmpFolder, trial.a_)));
        TRY(tree.create_file(util::join(kTmpFolder, trial.b_)));
        trial.folder_ = TRY(tree.open_folder(kTmpFolder, O_RDONLY));
        return trial;
    }
    Trial(Trial&&) = default;
    ~Trial() {
        if (folder_.is_open())
            for (const std::string& name : {a_, b_, c_, d_})
                (void)::unlinkat(folder_.get(), name.c_str(), 0);
    }

    [[nodiscard]] bool syncs_folders() const { return ::fsync(folder_.get()) == 0; }
    [[nodiscard]] bool locks() const { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0; }
    [[nodiscard]] bool links() const {
        return ::linkat(folder_.get(), a_.c_str(), folder_.get(), c_.c_str(), 0) == 0;
    }
    /// Moves to a free name, and is refused at a taken one for the right reason: the kernel itself
    /// refuses those that it sees, also where the file system knows no such renaming (NFS).
    [[nodiscard]] bool keeps_names() const {
        const auto rename = [&](const std::string& from, const std::string& to) {
            return ::renameat2(folder_.get(), from.c_str(), folder_.get(), to.c_str(),
                               RENAME_NOREPLACE);
        };
        return rename(b_, d_) == 0 && rename(a_, d_) != 0 && errno == EEXIST;
    }
    [[nodiscard]] bool minds_case() const {
        std::string upper = a_;
        for (char& c : upper)
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        struct stat info {};
        return ::fstatat(folder_.get(), upper.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0;
    }
    [[nodiscard]] std::string type() const {
        const Result<Mount> mount = mount_of(folder_.get());
        // A word of a text file: the kernel's names are, a driver of somebody's own may not be.
        const bool is_word =
            mount && mount->type.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                         std::string::npos;
        return is_word ? mount->type : "unknown";
    }

private:
    Trial(const FolderTree&, const std::string& name)
        : a_(name + "-a"), b_(name + "-b"), c_(name + "-c"), d_(name + "-d") {}

    std::string a_, b_, c_, d_;
    util::Fd file_;
    util::Fd folder_;
};

const char* yes_or_no(bool value) {
    return value ? "yes" : "no";
}

} // namespace

Result<Facts> find_out_folder(const FolderTree& tree) {
    const Trial trial = TRY(Trial::begin(tree));
    return Facts{{"filesystem", trial.type()},
                 {"folder-sync", yes_or_no(trial.syncs_folders())},
                 {"locks", yes_or_no(trial.locks())},
                 {"case", trial.minds_case() ? "sensitive" : "insensitive"},
                 {"link", yes_or_no(trial.links())},
                 {"rename-noreplace", yes_or_no(trial.keeps_names())}};
}

} // namespace saoluu::store
