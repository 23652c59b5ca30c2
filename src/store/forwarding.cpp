// SPDX-License-Identifier: Apache-2.0
#include "store/forwarding.hpp"

namespace saoluu::store {

Result<Put> ForwardingStore::put(std::string_view name, util::BytesView bytes) {
    return base_->put(name, bytes);
}
Result<std::unique_ptr<Staged>> ForwardingStore::stage() {
    return base_->stage();
}
Result<Put> ForwardingStore::put_from(std::string_view name, const Source& source) {
    return base_->put_from(name, source);
}
Result<util::Bytes> ForwardingStore::get(std::string_view name, std::uint64_t most) {
    return base_->get(name, most);
}
Result<void> ForwardingStore::read(std::string_view name, std::uint64_t offset,
                                   std::span<std::byte> out) {
    return base_->read(name, offset, out);
}
Result<void> ForwardingStore::list(std::string_view prefix, std::string_view after,
                                   const std::function<bool(const ObjectInfo&)>& each) {
    return base_->list(prefix, after, each);
}
Result<ObjectInfo> ForwardingStore::stat(std::string_view name) {
    return base_->stat(name);
}
Result<std::optional<std::int64_t>> ForwardingStore::retained_until(std::string_view name) {
    return base_->retained_until(name);
}
Result<void> ForwardingStore::remove(std::string_view name) {
    return base_->remove(name);
}
void ForwardingStore::will_read(std::string_view name, std::uint64_t offset, std::uint64_t size) {
    base_->will_read(name, offset, size);
}
Nature ForwardingStore::nature() const {
    return base_->nature();
}
void ForwardingStore::use(const Ways& ways) {
    base_->use(ways);
}
Result<Facts> ForwardingStore::find_out() {
    return base_->find_out();
}
std::string ForwardingStore::describe() const {
    return base_->describe();
}
std::string ForwardingStore::local_folder() const {
    return base_->local_folder();
}

} // namespace saoluu::store
