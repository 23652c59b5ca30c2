// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_rules.hpp"

#include <cerrno>
#include <optional>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace saoluu::engine {
namespace {

constexpr std::uint32_t kSetIdBits = 06000;
constexpr std::string_view kSecurity = "security.";

/// The record of a name in the system's user or group database, whatever its length; nothing if
/// there is none.
template <class Record>
std::optional<Record> look_up(int (*get)(const char*, Record*, char*, std::size_t, Record**),
                              const std::string& name) {
    constexpr std::size_t kMost = 1 << 20; // a group with very many members
    for (std::vector<char> text(4096); text.size() <= kMost; text.resize(text.size() * 4)) {
        Record record{};
        Record* found = nullptr;
        const int error = get(name.c_str(), &record, text.data(), text.size(), &found);
        if (error == 0 && found != nullptr)
            return record; // its numbers; what points into `text` is not used
        if (error != ERANGE)
            break;
    }
    return std::nullopt;
}

std::uint64_t user_here(const std::string& name, std::uint64_t otherwise) {
    const auto record = look_up<passwd>(&::getpwnam_r, name);
    return record ? record->pw_uid : otherwise;
}
std::uint64_t group_here(const std::string& name, std::uint64_t otherwise) {
    const auto record = look_up<group>(&::getgrnam_r, name);
    return record ? record->gr_gid : otherwise;
}

template <class Here>
std::map<std::uint64_t, std::uint64_t> numbers_of(const std::map<std::uint64_t, std::string>& names,
                                                  const Here& here) {
    std::map<std::uint64_t, std::uint64_t> numbers;
    for (const auto& [there, name] : names)
        if (const std::uint64_t number = name.empty() ? there : here(name, there); number != there)
            numbers.emplace(there, number);
    return numbers;
}

void translate(const std::map<std::uint64_t, std::uint64_t>& numbers, std::uint64_t& number) {
    if (const auto known = numbers.find(number); known != numbers.end())
        number = known->second;
}

/// An ACL as the kernel passes it: version u32 · (tag u16 · permissions u16 · number u32)*, all
/// little-endian (linux/posix_acl_xattr.h). Anything else is left as it is.
constexpr std::string_view kAcl = "system.posix_acl_";
constexpr std::size_t kAclHeader = 4, kAclEntry = 8;
constexpr std::uint16_t kAclUser = 0x02, kAclGroup = 0x08;

void translate_acl(const std::map<std::uint64_t, std::uint64_t>& users,
                   const std::map<std::uint64_t, std::uint64_t>& groups, util::Bytes& acl) {
    if (acl.size() < kAclHeader || (acl.size() - kAclHeader) % kAclEntry != 0)
        return;
    for (std::size_t at = kAclHeader; at < acl.size(); at += kAclEntry) {
        const auto tag = util::load_le<std::uint16_t>(acl.data() + at);
        if (tag != kAclUser && tag != kAclGroup)
            continue;
        std::uint64_t number = util::load_le<std::uint32_t>(acl.data() + at + 4);
        translate(tag == kAclUser ? users : groups, number);
        util::store_le(acl.data() + at + 4, static_cast<std::uint32_t>(number));
    }
}

} // namespace

RestoreRules::RestoreRules(const RestoreOptions& options, const format::Note& note)
    : devices_(options.devices), setuid_(options.setuid),
      security_xattrs_(options.security_xattrs) {
    if (options.numeric_owner)
        return;
    users_ = numbers_of(note.users, user_here);
    groups_ = numbers_of(note.groups, group_here);
}

bool RestoreRules::restores(format::FileType type) const {
    switch (type) {
    case format::FileType::file:
    case format::FileType::folder:
    case format::FileType::symlink:
    case format::FileType::fifo:
        return true;
    case format::FileType::character:
    case format::FileType::block:
        return devices_;
    case format::FileType::socket:
        break;
    }
    return false;
}

std::uint64_t RestoreRules::apply(format::Entry& entry) {
    translate(users_, entry.uid);
    translate(groups_, entry.gid);
    for (format::Xattr& xattr : entry.xattrs)
        if (xattr.name.starts_with(kAcl))
            translate_acl(users_, groups_, xattr.value);
    std::uint64_t left_out = 0;
    if (!setuid_ && entry.type != format::FileType::folder && (entry.mode & kSetIdBits) != 0) {
        entry.mode &= ~kSetIdBits;
        ++left_out;
    }
    if (!security_xattrs_)
        left_out += std::erase_if(entry.xattrs, [](const format::Xattr& xattr) {
            return xattr.name.starts_with(kSecurity);
        });
    return left_out;
}

} // namespace saoluu::engine
