// SPDX-License-Identifier: Apache-2.0
#include "repo/catalog_packs.hpp"

#include <algorithm>
#include <cstring>

namespace saoluu::repo {

Result<void> CatalogPacks::read(store::Store& store, const std::string& name, std::uint64_t size,
                                std::uint64_t offset, std::span<std::byte> out) {
    if (size > kMostSize || offset > size || out.size() > size - offset)
        return store.read(name, offset, out);
    {
        const std::lock_guard lock(mutex_);
        auto known = std::ranges::find(packs_, name, &std::pair<std::string, util::Bytes>::first);
        if (known == packs_.end()) {
            util::Bytes bytes(static_cast<std::size_t>(size));
            store.will_read(name, 0, size);
            const Result<void> whole = store.read(name, 0, bytes);
            if (!whole && whole.error().kind() == ErrorKind::io)
                return whole;
            if (whole) {
                if (packs_.size() >= kPacks)
                    packs_.pop_back();
                packs_.emplace_front(name, std::move(bytes));
                known = packs_.begin();
            }
        }
        if (known != packs_.end() && out.size() <= known->second.size() &&
            offset <= known->second.size() - out.size()) {
            packs_.splice(packs_.begin(), packs_, known);
            std::memcpy(out.data(), known->second.data() + offset, out.size());
            return {};
        }
    }
    return store.read(name, offset, out);
}

void CatalogPacks::forget(const std::string& name) {
    const std::lock_guard lock(mutex_);
    std::erase_if(packs_, [&](const auto& pack) { return pack.first == name; });
}

} // namespace saoluu::repo
