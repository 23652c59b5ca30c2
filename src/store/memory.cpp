// SPDX-License-Identifier: Apache-2.0
#include "store/memory.hpp"

#include "util/guarded.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace saoluu::store {
namespace {

using util::message;
using util::tr;

// Shared, since a reader may hold an object's bytes while another thread removes it.
using Object = std::shared_ptr<const util::Bytes>;
using Objects = std::map<std::string, Object, std::less<>>;

constexpr std::string_view kTmpNames = "tmp/";
/// Objects that a listing takes at a time, so that it calls out without the lock.
constexpr std::size_t kListStep = 256;

class MemoryStore final : public Store {
public:
    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        return keep(name, util::copy_of(bytes));
    }

    Result<std::unique_ptr<Staged>> stage() override { return std::make_unique<InMemory>(*this); }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        const Object object = TRY(find(name));
        if (object->size() > most)
            return fail(ErrorKind::corrupt, message(tr("{}: larger than the {} bytes allowed"),
                                                    util::printable(name), most));
        return *object;
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        const Object object = TRY(find(name));
        if (offset > object->size() || out.size() > object->size() - offset)
            return fail(ErrorKind::corrupt,
                        message(tr("{}: shorter than it should be"), util::printable(name)));
        std::copy_n(object->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return {};
    }

    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override {
        std::string from(std::max(prefix, after));
        bool includes_from = prefix > after;
        for (;;) {
            const std::vector<ObjectInfo> step = next_objects(prefix, from, includes_from);
            for (const ObjectInfo& object : step)
                if (!object.name.starts_with(kTmpNames) && !each(object))
                    return {};
            if (step.size() < kListStep)
                return {};
            from = step.back().name;
            includes_from = false;
        }
    }

    Result<ObjectInfo> stat(std::string_view name) override {
        const Object object = TRY(find(name));
        return ObjectInfo{.name = std::string(name), .size = object->size()};
    }

    Result<void> remove(std::string_view name) override {
        TRY(check_name(name));
        objects_.with([&](Objects& objects) {
            if (const auto at = objects.find(name); at != objects.end())
                objects.erase(at);
        });
        return {};
    }

    [[nodiscard]] std::string describe() const override { return "memory"; }

private:
    class InMemory final : public Staged {
    public:
        explicit InMemory(MemoryStore& store) : store_(store) {}
        Result<void> append(util::BytesView bytes) override {
            util::append(bytes_, bytes);
            return {};
        }
        Result<Put> commit(std::string_view name) override {
            return store_.keep(name, std::move(bytes_));
        }

    private:
        MemoryStore& store_;
        util::Bytes bytes_;
    };

    Result<Put> keep(std::string_view name, util::Bytes bytes) {
        TRY(check_name(name));
        const auto object = std::make_shared<const util::Bytes>(std::move(bytes));
        return objects_.with([&](Objects& objects) {
            return objects.try_emplace(std::string(name), object).second ? Put::created
                                                                         : Put::exists;
        });
    }

    Result<Object> find(std::string_view name) {
        TRY(check_name(name));
        const Object found = objects_.with([&](Objects& objects) {
            const auto at = objects.find(name);
            return at == objects.end() ? nullptr : at->second;
        });
        if (!found)
            return fail(ErrorKind::not_found,
                        message(tr("{}: no such object"), util::printable(name)));
        return found;
    }

    std::vector<ObjectInfo> next_objects(std::string_view prefix, std::string_view from,
                                         bool includes_from) {
        return objects_.with([&](Objects& objects) {
            std::vector<ObjectInfo> step;
            auto at = includes_from ? objects.lower_bound(from) : objects.upper_bound(from);
            for (; at != objects.end() && at->first.starts_with(prefix); ++at) {
                step.push_back({.name = at->first, .size = at->second->size()});
                if (step.size() == kListStep)
                    break;
            }
            return step;
        });
    }

    util::Guarded<Objects> objects_;
};

} // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

} // namespace saoluu::store
