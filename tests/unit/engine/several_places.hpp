// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/names.hpp"
#include "random_bytes.hpp"
#include "store/fault.hpp"
#include "store/forwarding.hpp"
#include "trees.hpp"

#include "saoluu/mirror.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Copies of one repository, and hands that back up into all of them.
namespace saoluu::test {

/// What lies between a run and the store of a place.
using Between =
    std::function<std::unique_ptr<store::Store>(std::size_t place, std::unique_ptr<store::Store>)>;

/// All places, opened for one run.
struct Opened {
    std::vector<std::unique_ptr<Repository>> repositories;
    std::unique_ptr<Told> events = std::make_unique<Told>();
    Told& told = *events;

    [[nodiscard]] repo::Access& of(std::size_t place) { return repositories[place]->impl().access; }
    Result<BackupSummary> back_up(const std::string& source, BackupOptions options = {},
                                  std::stop_token stop = {}) {
        std::vector<Repository*> all;
        for (const auto& one : repositories)
            all.push_back(one.get());
        options.sources = {source};
        if (options.threads == 0)
            options.threads = 1;
        return backup(all, options, told, std::move(stop));
    }
};

struct SeveralPlaces {
    RepositoryCase repository;
    std::string source = repository.path("source");
    std::size_t count;

    explicit SeveralPlaces(std::size_t places) : count(places) {
        std::filesystem::create_directory(source);
        for (std::uint64_t i = 0; i < 3; ++i)
            write_file(source + "/" + std::to_string(i), random_bytes(60'000, i));
        for (std::size_t i = 1; i < count; ++i)
            bring_up(i, 0);
    }
    [[nodiscard]] std::string location(std::size_t place) const {
        return place == 0 ? repository.location()
                          : repository.path("place" + std::to_string(place));
    }
    [[nodiscard]] OpenOptions options(std::size_t place, std::string_view key,
                                      const std::string& machine) const {
        OpenOptions options = repository.options(key, machine);
        options.location = location(place);
        return options;
    }
    [[nodiscard]] Opened open(const Between& between = {}) const {
        Opened opened;
        for (std::size_t i = 0; i < count; ++i) {
            auto base = store(i);
            if (between)
                base = between(i, std::move(base));
            opened.repositories.push_back(std::make_unique<Repository>(
                std::make_unique<Repository::Impl>(Repository::Impl{must(repo::open_access_over(
                    std::move(base), options(i, key::kBackup, "here"), opened.told))})));
        }
        return opened;
    }
    [[nodiscard]] repo::Access access(std::size_t place, std::string_view key,
                                      const std::string& machine) const {
        Told told;
        return must(repo::open_access(options(place, key, machine), told));
    }
    [[nodiscard]] Repository open_one(std::size_t place, std::string_view key,
                                      const std::string& machine) const {
        Told told;
        return must(Repository::open(options(place, key, machine), told));
    }
    [[nodiscard]] std::unique_ptr<store::Store> store(std::size_t place) const {
        return must(repo::open_store(location(place), {}, store::MissingFolder::refuse));
    }
    [[nodiscard]] std::vector<std::string> names(std::size_t place, std::string_view prefix) const {
        std::vector<std::string> found;
        for (const store::ObjectInfo& info : must(store::list_all(*store(place), prefix)))
            found.push_back(info.name);
        return found;
    }
    [[nodiscard]] util::Bytes read(std::size_t place, const std::string& name) const {
        return must(store(place)->get(name, 64 << 20));
    }
    [[nodiscard]] bool has_snapshot(std::size_t place, const std::string& snapshot) const {
        return store(place)->stat("snapshots/" + snapshot + "/done").has_value();
    }
    /// A mirror from one place to another.
    void bring_up(std::size_t to, std::size_t from) const {
        MirrorOptions mirroring;
        mirroring.from = options(from, key::kBackup, "mirror");
        mirroring.to = location(to);
        mirroring.threads = 1;
        Told told;
        const MirrorReport report = must(mirror(mirroring, told, {}));
        CHECK(report.complete());
        CHECK_MESSAGE(told.findings.empty(), told.text());
    }
    /// Nothing that the place shows is damaged or raises an alarm.
    void demand_sound(std::size_t place) const { check(place); }
    /// The same; it has so many snapshots, and gives back the source.
    void demand_whole(std::size_t place, std::size_t snapshots) const {
        CHECK(check(place) == snapshots);
        CHECK(restored(place));
    }
    [[nodiscard]] bool restored(std::size_t place) const {
        const std::string target = repository.path("out");
        std::filesystem::remove_all(target);
        Repository reader = open_one(place, key::kReader, "reader" + std::to_string(place));
        restore_to(reader, "latest", source, target);
        std::size_t good = 0;
        const auto wanted = tree_of(source);
        for (const auto& [path, facts] : tree_of(target))
            for (const auto& [name, is] : wanted)
                good += !name.empty() && path.ends_with(name) && facts == is ? 1U : 0U;
        return good == wanted.size() - 1;
    }

    /// Its copies as they are now can be had again.
    void keep_as_template() const {
        for (std::size_t i = 0; i < count; ++i)
            std::filesystem::copy(location(i), location(i) + ".kept",
                                  std::filesystem::copy_options::recursive);
    }
    void reset_to_template() const {
        for (std::size_t i = 0; i < count; ++i) {
            std::filesystem::remove_all(location(i));
            std::filesystem::copy(location(i) + ".kept", location(i),
                                  std::filesystem::copy_options::recursive);
            repository.forget_state("reader" + std::to_string(i));
        }
        repository.forget_state("here");
        repository.forget_state("mirror");
    }

private:
    /// How many snapshots it has.
    std::size_t check(std::size_t place) const {
        Repository reader = open_one(place, key::kReader, "reader" + std::to_string(place));
        Told told;
        const CheckReport report = check_all(reader, told);
        CHECK_MESSAGE(report.sound(), told.text());
        return report.snapshots;
    }
};

} // namespace saoluu::test
