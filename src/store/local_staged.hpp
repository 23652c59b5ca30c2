// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/folder_tree.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace saoluu::store {

/// A file under tmp/ on its way to its name. The tree must outlive it.
/// memory: 256 KiB, where it is appended to in small pieces
class LocalStaged final : public Staged {
public:
    static Result<std::unique_ptr<LocalStaged>> create(const FolderTree& tree);
    ~LocalStaged() override;

    Result<void> append(util::BytesView bytes) override;
    Result<Put> commit(std::string_view name) override;

    /// When it was made, by the clock of whoever keeps the files; seconds since 1970.
    [[nodiscard]] Result<std::int64_t> made_at() const;

private:
    LocalStaged(const FolderTree& tree, std::string temporary, util::Fd file)
        : tree_(tree), temporary_(std::move(temporary)), file_(std::move(file)) {}

    Result<void> write(util::BytesView bytes);

    const FolderTree& tree_;
    std::string temporary_; ///< empty once it has its name
    util::Fd file_;
    util::Bytes buffer_;
    std::uint64_t written_ = 0;
    std::uint64_t on_its_way_ = 0; ///< bytes that the kernel was told to write out
};

/// Removes what processes that died left under tmp/ more than a day before `now` (a file's time,
/// see made_at). Trouble with a file is not an error: it is rubbish, not an object.
void remove_old_rubbish(const FolderTree& tree, std::int64_t now);

} // namespace saoluu::store
