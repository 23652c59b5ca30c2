// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_cursor.hpp"
#include "engine/file_restorer.hpp"
#include "engine/patterns.hpp"
#include "engine/restore_rules.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace saoluu::engine {

/// Which entries a restore takes, by their paths below what is restored.
struct RestoreSelection {
    Patterns includes, excludes; ///< without includes all is included
    /// errors: usage, naming the pattern
    static Result<RestoreSelection> of(const RestoreOptions& options);
};

/// Walks a catalog and brings what it holds into the target: folders, links and devices at once,
/// files by a FileRestorer; the folders' metadata in a second walk, when nothing is made in them
/// any more. For one thread.
/// memory: the folders that lead to the entry in hand, and a bit for every folder
class RestoreWalk {
public:
    /// below: what of the catalog is restored ("" = all); it becomes the target itself, a file or
    /// link keeps its name
    RestoreWalk(const RestoreContext& context, const RestoreSelection& selection,
                RestoreRules& rules, format::ChunkId root, std::string below)
        : context_(context), selection_(selection), rules_(rules), root_(root),
          below_(std::move(below)), files_(context) {}

    /// errors: what ends the run
    Result<void> restore();
    Result<void> finish_folders();
    /// Whether there is anything at the path that was asked for.
    [[nodiscard]] bool has_found() const { return has_found_; }

private:
    /// A folder that the entry in hand lies in.
    struct Above {
        std::string path; ///< in the catalog
        enum class State {
            wanted,  ///< to be made when something in it comes back
            existed, ///< is there
            made,    ///< by this run: what is in it is this run's own
            barred,  ///< can't be made: nothing in it comes back
        } state = State::wanted;
        std::size_t number = 0;   ///< of all folders of the walk
        std::uint64_t missed = 0; ///< entries in it that could not come back
    };

    [[nodiscard]] std::string in_target(const std::string& path) const;
    template <class Visit>
    Result<void> walk(const CatalogCursor::Damage& damage, const Visit& visit);
    void tell_damage(const std::string& from, const Error& error);
    Result<void> visit(const std::string& path, const format::Entry& entry);
    Result<void> visit_folder(const std::string& path, const format::Entry& entry);
    Result<void> visit_other(const std::string& path, format::Entry entry);
    Result<void> close_last();
    Result<bool> make_ready(const format::Entry& entry);
    Result<void> make(Above& folder, bool is_in_new_folder);
    Result<void> make_unknown_folders(const std::string& path);
    void finish_folder(const format::Entry& entry);

    const RestoreContext& context_;
    const RestoreSelection& selection_;
    RestoreRules& rules_;
    format::ChunkId root_;
    std::string below_;
    FileRestorer files_;
    std::vector<Above> above_;
    std::vector<bool> is_ready_; ///< folders of the walk that were made, or there
    std::set<std::string> damage_told_;
    bool has_found_ = false, is_single_ = false, is_second_walk_ = false;
};

} // namespace saoluu::engine
