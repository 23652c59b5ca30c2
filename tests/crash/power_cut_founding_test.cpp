// SPDX-License-Identifier: Apache-2.0
// The power goes at any moment while a repository is made or a key is issued: what was reported is
// there, and what was not leaves nothing that is half a repository or half a key.
#include "power_cut.hpp"

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
namespace fs = std::filesystem;

namespace {

/// A recorded run: the disk before it, its steps, and the disk after it.
struct Recorded {
    Tree before, after;
    std::vector<disk::Step> steps;
};

std::string without_slash(const std::string& path) {
    return path.substr(0, path.size() - 1);
}

Recorded record_init() {
    const ScratchFolder folder = ScratchFolder::in_memory();
    Recorded run;
    DiskLog log(folder.path());
    must(init_repository({.location = folder / "to/be/made/repository",
                          .holder = "Nguyễn Văn Sáng",
                          .unit = "",
                          .suite = CipherSuite::xchacha20,
                          .kdf_mib = 64,
                          .kdf_passes = 1,
                          .passphrase = must(Passphrase::from_text("mot cum mat khau chi de thu")),
                          .backup_key_file = folder / "backup.key",
                          .folders = {.state = folder / "state", .cache = folder / "cache"}}));
    run.steps = log.take();
    run.after = Tree::read(folder.path());
    return run;
}

} // namespace

TEST_CASE("a power cut at any moment of init leaves a whole repository, or none") {
    const Recorded run = record_init();
    std::size_t opened = 0, refused = 0;
    cut_everywhere(
        run.before, run.steps,
        [&](const Cut& cut) {
            for (const auto& file : cut.disk.files)
                if (!is_rubbish(file.first))
                    CHECK_MESSAGE(run.after.files.at(file.first) == file.second,
                                  "half of it has a name: " << file.first);
            if (cut.is_last) {
                for (const auto& file : run.after.files)
                    CHECK_MESSAGE(cut.disk.files.contains(file.first),
                                  "reported and lost: " << file.first);
            }
        },
        [&](const Cut& cut) {
            const ScratchFolder folder = ScratchFolder::in_memory();
            cut.disk.write(folder.path());
            Told told;
            Result<Repository> opens = Repository::open(
                {.location = folder / "to/be/made/repository",
                 .credential = {.secret = Credential::KeyFile{folder / "backup.key"}, .slot = ""},
                 .folders = {.state = folder / "state", .cache = folder / "cache"}},
                told);
            // One copy of `format` is enough to open; that the other is missing is told.
            const bool may_lack_copy =
                !cut.disk.files.contains("to/be/made/repository/format") && !cut.is_last;
            if (!opens) {
                CHECK(opens.error().kind() == ErrorKind::no_repository);
                CHECK(!cut.is_last);
                ++refused;
                return;
            }
            ++opened;
            Repository repository = *std::move(opens);
            Told checked;
            const CheckReport report = check_all(repository, checked, false);
            CHECK_MESSAGE(report.damage == (may_lack_copy ? 1 : 0), checked.text());
            CHECK(report.alarms == 0);
            write_file(folder / "source", "something");
            back_up(repository, folder / "source");
        });
    CHECK(opened > 0);
    CHECK(refused > 10);
}

TEST_CASE("a power cut at any moment of issuing a key costs at most this key") {
    const RepositoryCase repository;
    const std::string root = without_slash(repository.path(""));
    Recorded run;
    {
        Repository founder = repository.open(key::kFounder);
        run.before = Tree::read(root);
        DiskLog log(root);
        Told told;
        Repository recorded(std::make_unique<Repository::Impl>(Repository::Impl{must(
            repo::open_access_over(std::make_unique<AcknowledgingStore>(repository.store(), log),
                                   repository.options(key::kFounder), told))}));
        must(issue_key(recorded, {.role = Role::restore,
                                  .holder = "Người mới",
                                  .unit = "",
                                  .domain = "",
                                  .expires = {},
                                  .secret = Credential::KeyFile{repository.key_file("new")}}));
        run.steps = log.take();
    }
    run.after = Tree::read(root);
    std::size_t with_key = 0, without_key = 0;
    cut_everywhere(
        run.before, run.steps, [&](const Cut& cut) { see_objects(cut, run.after.files); },
        [&](const Cut& cut) {
            const ScratchFolder folder = ScratchFolder::in_memory();
            cut.disk.write(folder.path());
            const auto open = [&](std::string_view key, Events& events) {
                return Repository::open(
                    {.location = folder / "repository",
                     .credential = {.secret =
                                        Credential::KeyFile{folder / (std::string(key) + ".key")},
                                    .slot = ""},
                     .folders = {.state = folder / "here/state", .cache = folder / "here/cache"}},
                    events);
            };
            for (const std::string_view key :
                 {key::kFounder, key::kDeputy, key::kReader, key::kBackup}) {
                Told told;
                CHECK(open(key, told));
                CHECK_MESSAGE(told.count(Severity::alarm) == 0, told.text());
            }
            Told told;
            Repository founder = must(open(key::kFounder, told));
            bool counts = false;
            for (const KeyInfo& key : must(list_keys(founder)))
                counts = counts || key.holder == "Người mới";
            // A key that counts and that nobody has can't be got back.
            if (cut.is_last)
                CHECK(counts);
            if (counts)
                CHECK(open("new", told));
            ++(counts ? with_key : without_key);
        });
    CHECK(with_key > 0);
    CHECK(without_key > 0);
}
