// SPDX-License-Identifier: Apache-2.0
#include "store/local.hpp"

#include "store/folder_probe.hpp"
#include "store/folder_tree.hpp"
#include "store/local_staged.hpp"
#include "store/open_files.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <atomic>
#include <cerrno>
#include <limits>
#include <utility>

#include <sys/stat.h>

namespace saoluu::store {
namespace {

using util::Fd;
using util::message;
using util::tr;

class LocalStore final : public Store {
public:
    explicit LocalStore(FolderTree tree) : tree_(std::move(tree)) {}

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        TRY(check_name(name));
        const std::unique_ptr<LocalStaged> staged = TRY(stage_file());
        TRY(staged->append(bytes));
        return staged->commit(name);
    }

    Result<std::unique_ptr<Staged>> stage() override {
        return std::unique_ptr<Staged>(TRY(stage_file()));
    }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        TRY(check_name(name));
        const Fd file = TRY(tree_.open_file(name));
        const std::uint64_t size = TRY(size_of(file, name));
        if (size > most)
            return fail(ErrorKind::corrupt, message(tr("{}: larger than the {} bytes allowed"),
                                                    util::printable(tree_.path_of(name)), most));
        util::Bytes bytes(static_cast<std::size_t>(size));
        TRY(read_exactly(file, 0, bytes, name));
        return bytes;
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        TRY(check_name(name));
        const OpenFiles::File file = TRY(files_.get(name, [&] { return tree_.open_file(name); }));
        return read_exactly(*file, offset, out, name);
    }

    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override {
        return tree_.list(prefix, after, each);
    }

    Result<ObjectInfo> stat(std::string_view name) override {
        TRY(check_name(name));
        return tree_.stat(name);
    }

    Result<void> remove(std::string_view name) override {
        TRY(check_name(name));
        files_.forget(name);
        return tree_.remove(name);
    }

    Result<Facts> find_out() override { return find_out_folder(tree_); }

    [[nodiscard]] Nature nature() const override {
        return {.creates_exclusively = tree_.never_overwrites()};
    }
    [[nodiscard]] std::string describe() const override { return util::printable(tree_.path()); }
    [[nodiscard]] std::string local_folder() const override { return tree_.path(); }

private:
    Result<std::unique_ptr<LocalStaged>> stage_file() {
        std::unique_ptr<LocalStaged> staged = TRY(LocalStaged::create(tree_));
        if (!is_tidy_.exchange(true)) // once a process, by the clock that dates the files
            remove_old_rubbish(tree_, TRY(staged->made_at()));
        return staged;
    }

    Result<std::uint64_t> size_of(const Fd& file, std::string_view name) const {
        struct stat info {};
        if (::fstat(file.get(), &info) != 0)
            return util::system_failure(tree_.path_of(name));
        return static_cast<std::uint64_t>(info.st_size);
    }

    Result<void> read_exactly(const Fd& file, std::uint64_t offset, std::span<std::byte> out,
                              std::string_view name) const {
        const auto too_short = [&] {
            return fail(ErrorKind::corrupt, message(tr("{}: shorter than it should be"),
                                                    util::printable(tree_.path_of(name))));
        };
        if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - out.size())
            return too_short();
        const std::size_t got =
            TRY(util::read_some_at(file.get(), offset, out, tree_.path_of(name)));
        if (got != out.size())
            return too_short();
        return {};
    }

    FolderTree tree_;
    OpenFiles files_;
    std::atomic<bool> is_tidy_ = false;
};

} // namespace

Result<std::unique_ptr<Store>> open_local_store(const std::string& folder, MissingFolder missing) {
    Result<FolderTree> tree = FolderTree::open(folder);
    const bool is_missing = !tree && tree.error().kind() == ErrorKind::no_repository;
    if (is_missing && missing == MissingFolder::create) {
        TRY(util::make_folders(folder, 0700));
        tree = FolderTree::open(folder);
    }
    if (!tree)
        return Failure(std::move(tree).error());
    return std::unique_ptr<Store>(std::make_unique<LocalStore>(*std::move(tree)));
}

} // namespace saoluu::store
