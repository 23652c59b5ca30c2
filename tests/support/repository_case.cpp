// SPDX-License-Identifier: Apache-2.0
#include "repository_case.hpp"

#include "crypto/secret.hpp"
#include "format/names.hpp"
#include "format/text_objects.hpp"
#include "util/file.hpp"

#include <filesystem>
#include <map>
#include <utility>

namespace saoluu::test {
namespace {

namespace fs = std::filesystem;
using format::names::Part;

/// The repository that cases are copies of.
class Template {
public:
    explicit Template(CipherSuite suite) {
        must(crypto::start());
        const std::string text = "mot cum mat khau chi de thu";
        Told told;
        must(init_repository({.location = folder_ / "repository",
                              .holder = "Nguyễn Văn Sáng",
                              .unit = "Phòng Hành chính",
                              .suite = suite,
                              .kdf_mib = 64,
                              .kdf_passes = 1,
                              .passphrase = must(Passphrase::from_text(text)),
                              .backup_key_file = key_file(key::kBackup),
                              .folders = folders()}));
        Repository founder = must(Repository::open(
            {.location = folder_ / "repository",
             .credential = {.secret = must(Passphrase::from_text(text)), .slot = ""},
             .folders = folders()},
            told));
        write_founder_key(founder.impl().access);
        issue(founder, Role::admin, "Trần Thị Phó", key::kDeputy);
        issue(founder, Role::restore, "Lê Minh Đọc", key::kReader);
        issue(founder, Role::backup, "Phạm Thu Khác", key::kOther);
        fs::remove_all(folder_ / "state");
        fs::remove_all(folder_ / "cache");
    }
    [[nodiscard]] const std::string& path() const { return folder_.path(); }

private:
    [[nodiscard]] std::string key_file(std::string_view key) const {
        return folder_ / (std::string(key) + ".key");
    }
    [[nodiscard]] LocalFolders folders() const {
        return {.state = folder_ / "state", .cache = folder_ / "cache"};
    }
    /// The founder's slot as a key file: what it opens is the same, without Argon2.
    void write_founder_key(const repo::Access& access) const {
        const format::KeyFile key{.repository = access.id(),
                                  .slot = access.self().slot,
                                  .sign_seed = access.keyring.sign_pair().seed().copy(),
                                  .seal_secret = access.keyring.seal_pair().secret().copy()};
        must(util::create_file_durably(key_file(key::kFounder), key.encode().view(), 0600));
    }
    void issue(Repository& founder, Role role, std::string holder, std::string_view key) const {
        must(issue_key(founder, {.role = role,
                                 .holder = std::move(holder),
                                 .unit = "",
                                 .domain = "",
                                 .expires = {},
                                 .secret = Credential::KeyFile{key_file(key)}}));
    }

    ScratchFolder folder_ = ScratchFolder::in_memory();
};

const Template& template_of(CipherSuite suite) {
    static std::map<CipherSuite, std::unique_ptr<Template>> made;
    std::unique_ptr<Template>& one = made[suite];
    if (!one)
        one = std::make_unique<Template>(suite);
    return *one;
}

} // namespace

std::string Told::text() const {
    std::string all;
    for (const Finding& finding : findings)
        all += std::to_string(static_cast<int>(finding.severity)) + " " + finding.subject + ": " +
               finding.text + "\n";
    return all;
}

RepositoryCase::RepositoryCase(CipherSuite suite) {
    fs::copy(template_of(suite).path(), folder_.path(), fs::copy_options::recursive);
    for (const fs::directory_entry& file : fs::directory_iterator(folder_.path()))
        if (file.path().extension() == ".key")
            fs::permissions(file.path(), fs::perms::owner_read | fs::perms::owner_write);
}

OpenOptions RepositoryCase::options(std::string_view key, const std::string& machine) const {
    return {
        .location = location(),
        .credential = {.secret = Credential::KeyFile{key_file(key)}, .slot = ""},
        .folders = {.state = folder_ / machine + "/state", .cache = folder_ / machine + "/cache"}};
}

Result<Repository> RepositoryCase::try_open(std::string_view key, Events& events,
                                            const std::string& machine) const {
    return Repository::open(options(key, machine), events);
}

Repository RepositoryCase::open(std::string_view key, const std::string& machine) const {
    Told told;
    return must(try_open(key, told, machine));
}

repo::Access RepositoryCase::access(std::string_view key, const std::string& machine) const {
    Told told;
    return must(repo::open_access(options(key, machine), told));
}

std::unique_ptr<store::Store> RepositoryCase::store() const {
    return must(repo::open_store(location(), {}, store::MissingFolder::refuse));
}

std::vector<std::string> RepositoryCase::names(std::string_view prefix) const {
    std::vector<std::string> found;
    for (const store::ObjectInfo& info : must(store::list_all(*store(), prefix)))
        found.push_back(info.name);
    return found;
}

util::Bytes RepositoryCase::read(const std::string& name) const {
    return must(util::read_file(location() + "/" + name, 256 << 20));
}

void RepositoryCase::write(const std::string& name, util::BytesView bytes) const {
    const std::string path = location() + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    must(util::write_file_durably(path, bytes, 0600));
}

void RepositoryCase::remove(const std::string& name) const {
    fs::remove(location() + "/" + name);
}

void RepositoryCase::flip_bit(const std::string& name, std::size_t at) const {
    util::Bytes bytes = read(name);
    REQUIRE(at < bytes.size());
    bytes[at] ^= std::byte{1};
    write(name, bytes);
}

void RepositoryCase::forget_state(const std::string& machine) const {
    fs::remove_all(folder_ / machine);
}

std::string put_object(repo::Access& access, const format::SessionId& session,
                       const format::SessionValue& value, std::string_view part_name) {
    const auto part_of = [&]() -> Part {
        if (part_name == "done" || std::holds_alternative<format::Record>(value))
            return Part::done;
        if (std::holds_alternative<format::OpenObject>(value))
            return Part::open;
        if (std::holds_alternative<format::Forgotten>(value))
            return Part::forgotten;
        return std::holds_alternative<format::Void>(value) ? Part::void_ : Part::fence;
    };
    const std::string name = format::names::session(session, part_of());
    // What is said of a session is said of this copy of the repository.
    format::SessionValue here = value;
    std::visit(
        [&](auto& one) {
            if constexpr (requires { one.place; })
                if (one.place.is_zero())
                    one.place = access.place.place;
        },
        here);
    const format::Authorship by = must(access.authorship());
    must(access.store->put(name, format::seal_session_object(by, here, session.view())));
    return name;
}

format::MarkId put_mark(repo::Access& access, format::MarkPurpose purpose,
                        std::vector<format::PackId> packs) {
    std::ranges::sort(packs);
    format::Mark mark;
    mark.purpose = purpose;
    mark.packs = std::move(packs);
    mark.reason = "a test";
    mark.time = 1;
    mark.place = access.place.place;
    const format::Authorship by = must(access.authorship());
    const util::Bytes object = format::seal_session_object(by, mark, {});
    const auto id = format::name_of<format::MarkId>(object);
    must(access.store->put(format::names::mark(id), object));
    return id;
}

util::Bytes encode_roster(const repo::Access& access, const format::Roster& roster) {
    return format::RosterObject::encode(roster, access.rosters.current_hash(),
                                        access.keyring.actor(), access.keyring.sign_pair());
}

format::RosterHash put_roster_object(store::Store& store, std::uint64_t n, util::BytesView object) {
    const auto hash = format::name_of<format::RosterHash>(object);
    const std::string name = format::names::roster(n, hash);
    must(store.put(name, object));
    must(store.put(name + std::string(format::names::kSecond), object));
    return hash;
}

} // namespace saoluu::test
