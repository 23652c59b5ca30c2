// SPDX-License-Identifier: Apache-2.0
#include "engine/object_check.hpp"

#include "crypto/hash.hpp"
#include "format/index_segment.hpp"
#include "format/sealed.hpp"
#include "format/slot.hpp"
#include "format/text_objects.hpp"
#include "util/text.hpp"

namespace saoluu::engine {

using util::tr;

std::uint64_t size_limit(const format::names::Name& name) {
    struct Limit {
        std::uint64_t operator()(const format::names::RosterName&) const {
            return format::limits::kRoster;
        }
        std::uint64_t operator()(const format::names::SlotName&) const {
            return format::Slot::kSize;
        }
        std::uint64_t operator()(const format::names::PackName&) const {
            return format::limits::kPack;
        }
        std::uint64_t operator()(const format::names::IndexName&) const {
            return format::limits::kSegment;
        }
        std::uint64_t operator()(const format::names::SessionName& session) const {
            return session.part == format::names::Part::open ? format::limits::kOpen
                                                             : format::limits::kRecord;
        }
        std::uint64_t operator()(const format::names::LedgerName&) const {
            return format::limits::kLedgerEntry;
        }
        std::uint64_t operator()(const format::names::MarkName&) const {
            return format::limits::kMark;
        }
        std::uint64_t operator()(const format::names::FixedName&) const {
            return format::limits::kTextObject;
        }
    };
    return std::visit(Limit{}, name);
}

const std::byte* hash_in(const format::names::Name& name) {
    struct HashIn {
        const std::byte* operator()(const format::names::RosterName& n) const {
            return n.hash.bytes.data();
        }
        const std::byte* operator()(const format::names::PackName& n) const {
            return n.pack.bytes.data();
        }
        const std::byte* operator()(const format::names::IndexName& n) const {
            return n.segment.bytes.data();
        }
        const std::byte* operator()(const format::names::LedgerName& n) const {
            return n.hash.bytes.data();
        }
        const std::byte* operator()(const format::names::MarkName& n) const {
            return n.mark.bytes.data();
        }
        const std::byte* operator()(const format::names::SlotName&) const { return nullptr; }
        const std::byte* operator()(const format::names::SessionName&) const { return nullptr; }
        const std::byte* operator()(const format::names::FixedName&) const { return nullptr; }
    };
    return std::visit(HashIn{}, name);
}

Result<void> verify_object(const format::RepositoryId& repository, const format::names::Name& name,
                           util::BytesView bytes) {
    const auto has_hash = [&](util::BytesView hash) -> Result<void> {
        if (util::equal(crypto::hash(bytes).view(), hash))
            return {};
        return fail(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"));
    };
    struct Verify {
        decltype(has_hash)& hash;
        const format::RepositoryId& repository;
        util::BytesView bytes;
        Result<void> operator()(const format::names::RosterName& n) const {
            return hash(n.hash.view());
        }
        Result<void> operator()(const format::names::IndexName& n) const {
            return hash(n.segment.view());
        }
        Result<void> operator()(const format::names::LedgerName& n) const {
            return hash(n.hash.view());
        }
        Result<void> operator()(const format::names::MarkName& n) const {
            return hash(n.mark.view());
        }
        Result<void> operator()(const format::names::PackName& n) const {
            return hash(n.pack.view());
        }
        Result<void> operator()(const format::names::SlotName& n) const {
            const format::SlotId id = TRY(format::Slot::id_of(bytes));
            if (id != n.slot)
                return fail(ErrorKind::corrupt, tr("this slot says that it is another"));
            return {};
        }
        Result<void> operator()(const format::names::SessionName&) const {
            TRY(format::without_self_check(bytes));
            return {};
        }
        Result<void> operator()(const format::names::FixedName& n) const {
            TRY(format::text_without_check(bytes));
            // Another one would be of no use on the day when the first copy is lost.
            if (n.name.starts_with(format::names::kFormat) &&
                TRY(format::FormatObject::decode(bytes)).repository != repository)
                return fail(ErrorKind::corrupt, tr("this object is of another repository"));
            return {};
        }
    };
    return std::visit(Verify{has_hash, repository, bytes}, name);
}

} // namespace saoluu::engine
