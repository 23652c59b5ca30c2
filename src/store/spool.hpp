// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace saoluu::store {

/// An object on its way to a store behind a network: a file without a name, gone with the process
/// whatever becomes of it, whose SHA-256 is made as it grows. Made by one thread; as a Source it
/// may be read by many when it is whole.
class Spool final : public Source {
public:
    /// folder: where the file lies; empty: that of the system's temporary files (TMPDIR, /tmp). One
    /// that is missing is made, for its owner alone.
    /// errors: io, denied, no_space, which name the folder
    static Result<Spool> create(const std::string& folder);

    Result<void> append(util::BytesView bytes);
    /// Ends it: what it holds is sent from now on.
    void close() { digest_ = hasher_.finish(); }

    [[nodiscard]] std::uint64_t size() const override { return size_; }
    /// Of a closed one.
    [[nodiscard]] crypto::Sha256 sha256() const override { return digest_; }
    Result<void> read(std::uint64_t offset, std::span<std::byte> out) const override;

private:
    Spool(std::string folder, util::Fd file) : folder_(std::move(folder)), file_(std::move(file)) {}

    std::string folder_; ///< for messages
    util::Fd file_;
    crypto::Sha256Hasher hasher_;
    crypto::Sha256 digest_{};
    std::uint64_t size_ = 0;
};

/// An object that is spooled, and put by put_from() when it gets its name: what stage() gives where
/// nothing can be written piece by piece. The store must outlive it.
Result<std::unique_ptr<Staged>> stage_in_spool(Store& store, const std::string& folder);

} // namespace saoluu::store
