// SPDX-License-Identifier: Apache-2.0
// What an operator, and a thief with a backup key, can read.
#include "thief.hpp"
#include "world.hpp"

#include "repo/chunk_reader.hpp"
#include "repo/pack_reader.hpp"
#include "saoluu/listing.hpp"

#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;
using repo::Access;

const std::string kSecretName = "Danh sach luong nhan vien bi mat.ods";
const std::string kSecretText = "Nguyen Thi Bi Mat nhan 12 345 678 dong moi thang";
const std::string kSecretLink = "noi ma lien ket dan toi";
const std::string kSecretTag = "truoc khi thanh tra den";
const std::string kJob = "cong viec hang ngay";

/// A backup of one file with a name and a content that nobody should learn.
struct Office {
    RepositoryCase repository;
    std::string source = repository.path("phong ke toan mat");
    std::string snapshot;

    explicit Office(CipherSuite suite = CipherSuite::xchacha20) : repository(suite) {
        fs::create_directories(source);
        write_file(source + "/" + kSecretName, kSecretText);
        fs::create_symlink(kSecretLink, source + "/link");
        Repository backup = repository.open(key::kBackup);
        BackupOptions options;
        options.sources = {source};
        options.job = kJob;
        options.tags = {kSecretTag};
        options.threads = 1;
        Told told;
        snapshot = must(backup_with(backup, options, told)).snapshot;
    }
    static Result<BackupSummary> backup_with(Repository& repository, const BackupOptions& options,
                                             Events& events) {
        return saoluu::backup(repository, options, events, {});
    }
    [[nodiscard]] std::vector<std::string> secrets() const {
        std::vector<std::string> all = {kSecretName, kSecretText, kSecretLink, kSecretTag,
                                        "phong ke toan mat"};
        char host[256] = {};
        if (::gethostname(host, sizeof host - 1) == 0 && std::string(host).size() >= 8)
            all.emplace_back(host);
        return all;
    }
};

/// All plain text that the key of `access` gets by opening objects, without asking whether it may:
/// what W opens, and what e opens where the key has it.
std::string all_that_opens(const Access& access, const RepositoryCase& repository) {
    std::string all;
    const auto add = [&](util::BytesView bytes) {
        all += std::string(util::as_text(bytes)) + "\n";
    };
    const format::EpochKey& epoch = *must(access.keyring.epoch(access.roster().epoch));
    for (const auto& [name, bytes] : objects_of(repository)) {
        add(bytes);
        const auto parsed = format::names::parse(name);
        REQUIRE(parsed);
        if (std::holds_alternative<format::names::PackName>(*parsed)) {
            const auto contents = must(repo::read_contents(access, name, bytes.size()));
            for (const format::FrameInfo& frame : contents.directory.frames)
                add(frame.id.view());
        } else if (std::holds_alternative<format::names::IndexName>(*parsed)) {
            add(must(format::open_segment(access.id(), epoch, bytes)).body);
        } else if (const auto* session = std::get_if<format::names::SessionName>(&*parsed)) {
            add(must(
                    format::open_session_object(access.id(), epoch, bytes, session->session.view()))
                    .body);
        } else if (const auto* entry = std::get_if<format::names::LedgerName>(&*parsed)) {
            add(must(format::open_entry(access.id(), epoch, entry->actor, entry->n, bytes)).body);
        }
    }
    for (const format::ActorEntry& actor : access.roster().actors)
        add(util::as_bytes(access.names_of(actor).holder));
    Told told;
    const repo::Index index = must(repo::Index::load(access, told));
    repo::ChunkReader chunks(access, index);
    for (const auto kind : {format::ChunkKind::data, format::ChunkKind::page,
                            format::ChunkKind::list, format::ChunkKind::note})
        for (const auto& [id, place] : places_of(access, kind))
            if (const auto plain =
                    chunks.read(kind, id, access.rosters.anyone(place.actor)->domain))
                add(*plain);
    return all;
}

bool holds(const std::string& text, const std::string& secret) {
    return text.find(secret) != std::string::npos;
}

} // namespace

TEST_CASE("an operator finds no name, path or content in any object or its name") {
    for (const CipherSuite suite : {CipherSuite::xchacha20, CipherSuite::aes256gcm}) {
        const Office office(suite);
        std::string all;
        for (const auto& [name, bytes] : objects_of(office.repository))
            all += name + "\n" + std::string(util::as_text(bytes)) + "\n";
        std::vector<std::string> secrets = office.secrets();
        for (const char* more : {"Nguyễn Văn Sáng", "Phòng Hành chính", "Trần Thị Phó"})
            secrets.emplace_back(more);
        secrets.push_back(kJob);
        for (const std::string& secret : secrets)
            CHECK_MESSAGE(!holds(all, secret), secret);
    }
}

TEST_CASE("a stolen backup key opens no content, path, source, host or tag, its own neither") {
    for (const CipherSuite suite : {CipherSuite::xchacha20, CipherSuite::aes256gcm}) {
        const Office office(suite);
        const std::string by_reader =
            all_that_opens(office.repository.access(key::kReader), office.repository);
        for (const std::string_view key : {key::kBackup, key::kOther}) {
            const std::string opened =
                all_that_opens(office.repository.access(key), office.repository);
            for (const std::string& secret : office.secrets()) {
                CHECK_MESSAGE(!holds(opened, secret), secret);
                CHECK_MESSAGE(holds(by_reader, secret), secret); // or it would not be looked for
            }
            // THREATS.md says what W opens: nobody should give a secret as a job's name.
            CHECK(holds(opened, kJob));
            CHECK(holds(opened, "Trần Thị Phó"));
        }
    }
}

TEST_CASE("no secret of a backup key opens a pack") {
    const Office office;
    for (const std::string_view key : {key::kBackup, key::kOther}) {
        const Access thief = office.repository.access(key);
        CHECK(thief.keyring.bundle().contents.empty());
        const format::EpochKey& epoch = *must(thief.keyring.epoch(thief.roster().epoch));
        std::vector<crypto::SealPair> tried;
        tried.push_back(thief.keyring.seal_pair().copy());
        tried.emplace_back(thief.keyring.sign_pair().seed().copy());
        tried.emplace_back(epoch.secret.copy());
        for (const format::DomainSecret& domain : thief.keyring.bundle().domains)
            tried.emplace_back(domain.secret.copy());
        for (const std::string& name : office.repository.names("packs/")) {
            const auto header = must(format::PackHeader::decode(office.repository.read(name)));
            for (const crypto::SealPair& pair : tried)
                CHECK(fails(format::PackCipher::open(thief.id(), epoch, pair, header),
                            ErrorKind::wrong_key));
            const Access reader = office.repository.access(key::kReader);
            CHECK(format::PackCipher::open(thief.id(), epoch,
                                           *must(reader.keyring.content(epoch.epoch)), header));
        }
    }
}

TEST_CASE("nobody opens another's bundle, and a backup's carries his own domain alone") {
    const Office office;
    const Access thief = office.repository.access(key::kOther);
    std::size_t opened = 0;
    for (const format::ActorEntry& actor : thief.roster().actors)
        opened += format::open_bundle(thief.id(), actor.id, thief.keyring.seal_pair(), actor.bundle)
                      ? 1
                      : 0;
    CHECK(opened == 1);
    REQUIRE(thief.keyring.bundle().domains.size() == 1);
    CHECK(thief.keyring.bundle().domains.front().domain == thief.self().domain);
}

TEST_CASE("every command that reads refuses a backup key") {
    const Office office;
    for (const std::string_view key : {key::kBackup, key::kOther}) {
        Repository thief = office.repository.open(key);
        Told told;
        const std::string out = office.repository.path("out");
        CHECK(fails(try_restore(thief, office.snapshot, "/", out, told), ErrorKind::wrong_key));
        CHECK(!fs::exists(out));
        ListOptions list;
        list.from.snapshot = office.snapshot;
        CHECK(fails(list_path(thief, list, [](const EntryInfo&) { return true; }, told, {}),
                    ErrorKind::wrong_key));
        CHECK(fails(
            find_files(thief, {.pattern = "*"}, [](const FoundVersion&) { return true; }, told, {}),
            ErrorKind::wrong_key));
        CHECK(fails(diff_snapshots(thief, {.before = office.snapshot, .after = office.snapshot},
                                   [](const DiffEntry&) { return true; }, told, {}),
                    ErrorKind::wrong_key));
        CheckOptions options;
        options.read_data = true;
        CHECK(fails(check(thief, options, told, {}), ErrorKind::wrong_key));
        CHECK(fails(
            issue_key(thief, {.role = Role::admin,
                              .holder = "Kẻ Trộm",
                              .unit = "",
                              .domain = "",
                              .expires = {},
                              .secret = Credential::KeyFile{office.repository.key_file("thief")}}),
            ErrorKind::wrong_key));
        CHECK(!fs::exists(office.repository.key_file("thief")));
    }
}

TEST_CASE("a guess is confirmed in one's own domain, and elsewhere only by its length") {
    const Office office;
    const Access victim = office.repository.access(key::kBackup);
    const Access thief = office.repository.access(key::kOther);
    const auto id_by = [](const Access& access) {
        return access.keyring.domain(access.self().domain)
            ->chunk_id(format::ChunkKind::data, util::as_bytes(kSecretText));
    };
    const auto places = places_of(thief);
    const auto has = [&](const format::ChunkId& id) {
        return std::ranges::any_of(places, [&](const auto& one) { return one.first == id; });
    };
    CHECK(has(id_by(victim)));
    CHECK(!has(id_by(thief)));
    CHECK(thief.keyring.domain(victim.self().domain) == nullptr);
    CHECK(std::ranges::any_of(
        places, [](const auto& one) { return one.second.plain_size == kSecretText.size(); }));
    // The same content in two domains shares nothing: not even that it is there twice can be seen.
    Repository other = office.repository.open(key::kOther);
    const BackupSummary made = back_up(other, office.source);
    CHECK(made.new_chunks == made.chunks);
    CHECK(places_of(thief).size() == 2 * places.size());
}

TEST_CASE("a restore, an admin's and a recovery key's access is what their bundles carry") {
    const Office office;
    for (const std::string_view key : {key::kReader, key::kDeputy, key::kFounder}) {
        Repository reader = office.repository.open(key);
        const std::string out = office.repository.path("out-" + std::string(key));
        CHECK(restore_to(reader, office.snapshot, office.source, out).files == 1);
        CHECK(util::as_text(read_file(out + "/" + kSecretName)) == kSecretText);
    }
}
