// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/derive.hpp"
#include "crypto/hash.hpp"
#include "data/chunker.hpp"
#include "format/types.hpp"

namespace saoluu::format {

/// The secret D of one dedup domain, and under which suite it was made.
struct DomainSecret {
    Domain domain = 0;
    Suite suite = Suite::xchacha20;
    crypto::Key secret;
};

/// All keys of a dedup domain (FORMAT.md 7.1). Threads: const functions may be called by many.
class DomainKeys {
public:
    DomainKeys(const DomainSecret& secret, const RepositoryId& repository);

    [[nodiscard]] Domain domain() const { return domain_; }
    [[nodiscard]] ChunkId chunk_id(ChunkKind kind, BytesView plain) const;
    /// What makes chunk ids of a kind, for many at once (Hasher::update_all).
    [[nodiscard]] crypto::Hasher id_hasher(ChunkKind kind) const;
    [[nodiscard]] data::GearTable gear_table() const;
    /// u64 of K("page-cut", level · path): a writer's cut of pages
    [[nodiscard]] std::uint64_t page_cut(std::uint8_t level, BytesView path) const;
    /// u64 of K("list-cut", chunk id)
    [[nodiscard]] std::uint64_t list_cut(const ChunkId& id) const;
    [[nodiscard]] LinkGroup link_group(BytesView first_path) const;

private:
    [[nodiscard]] const crypto::Key& id_key(ChunkKind kind) const;

    Domain domain_;
    crypto::Key ids_[4];
    crypto::Key gear_, page_cut_, list_cut_, link_group_;
};

/// domain_key(D, use) of FORMAT.md 7.1.
crypto::Key domain_key(const DomainSecret& secret, std::string_view use,
                       const RepositoryId& repository);

} // namespace saoluu::format
