// SPDX-License-Identifier: Apache-2.0
#include "format/domain.hpp"

#include "util/assert.hpp"

#include <array>
#include <string>

namespace saoluu::format {
namespace {

constexpr std::array<std::string_view, 4> kIdUses = {"chunk-id/data", "chunk-id/page",
                                                     "chunk-id/list", "chunk-id/note"};

std::uint64_t first_u64(const Hash& hash) {
    return util::load_le<std::uint64_t>(hash.bytes.data());
}

} // namespace

crypto::Key domain_key(const DomainSecret& secret, std::string_view use,
                       const RepositoryId& repository) {
    crypto::Tuple tuple("saoluu/1/key/" + std::string(use));
    tuple.add_u8(static_cast<std::uint8_t>(secret.suite))
        .add(repository.view())
        .add_u32(secret.domain);
    return crypto::derive_key(secret.secret, tuple);
}

DomainKeys::DomainKeys(const DomainSecret& secret, const RepositoryId& repository)
    : domain_(secret.domain), gear_(domain_key(secret, "gear", repository)),
      page_cut_(domain_key(secret, "page-cut", repository)),
      list_cut_(domain_key(secret, "list-cut", repository)),
      link_group_(domain_key(secret, "link-group", repository)) {
    for (std::size_t i = 0; i < kIdUses.size(); ++i)
        ids_[i] = domain_key(secret, kIdUses[i], repository);
}

const crypto::Key& DomainKeys::id_key(ChunkKind kind) const {
    const auto number = static_cast<std::uint8_t>(kind);
    ASSERT(is_chunk_kind(number));
    return ids_[number - 1];
}

ChunkId DomainKeys::chunk_id(ChunkKind kind, BytesView plain) const {
    return ChunkId::from(crypto::keyed_hash(id_key(kind), plain).view());
}

crypto::Hasher DomainKeys::id_hasher(ChunkKind kind) const {
    return crypto::Hasher(id_key(kind));
}

data::GearTable DomainKeys::gear_table() const {
    data::GearTable table{};
    for (std::uint8_t j = 0; j < 32; ++j) {
        const std::byte number{j};
        const auto row = crypto::keyed_hash64(gear_, {&number, 1});
        for (std::size_t i = 0; i < 8; ++i)
            table[std::size_t{j} * 8 + i] = util::load_le<std::uint64_t>(row.data() + i * 8);
    }
    return table;
}

std::uint64_t DomainKeys::page_cut(std::uint8_t level, BytesView path) const {
    const std::byte number{level};
    return first_u64(crypto::Hasher(page_cut_).update({&number, 1}).update(path).finish());
}

std::uint64_t DomainKeys::list_cut(const ChunkId& id) const {
    return first_u64(crypto::keyed_hash(list_cut_, id.view()));
}

LinkGroup DomainKeys::link_group(BytesView first_path) const {
    return LinkGroup::from(
        crypto::keyed_hash(link_group_, first_path).view().first(LinkGroup::size));
}

} // namespace saoluu::format
