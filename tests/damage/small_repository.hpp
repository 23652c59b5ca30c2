// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "trees.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// A repository with one of everything, few enough bytes that each of them can be damaged, and the
/// eyes of everybody who should notice.
namespace saoluu::test {

using Objects = std::map<std::string, util::Bytes>;

/// What a run made of a store: from nothing wrong to an error that ended it. Where a good copy lies
/// beside a damaged pack, the damage is told and costs nothing: healed.
enum class Seen { nothing, healed, warning, damage, alarm, error };

/// Who works on a store that something happened to.
enum class Machine {
    knowing,  ///< saw it just before
    stranger, ///< sees it for the first time
};

/// What all who looked saw.
struct Sight {
    Seen opening = Seen::nothing;    ///< with a reader's key
    Seen check = Seen::nothing;      ///< with a key that may only write: L0 to L2
    Seen check_data = Seen::nothing; ///< with a reader's key: L3 too
    std::size_t restored = 0;        ///< snapshots that came back whole
    std::size_t snapshots = 0;       ///< that were asked for
    std::string text;                ///< all that was told
    [[nodiscard]] bool is_noticed() const {
        return check != Seen::nothing && check_data != Seen::nothing;
    }
};

class SmallRepository {
public:
    SmallRepository();

    /// All objects as they are, and as they were after the first snapshot.
    [[nodiscard]] const Objects& objects() const { return objects_; }
    [[nodiscard]] const Objects& earlier() const { return earlier_; }
    /// Names of the objects of a class: "text", "roster", "keys", "data pack", "catalog pack",
    /// "index", "open", "done", "forgotten", "ledger", "mark".
    [[nodiscard]] std::vector<std::string> names(std::string_view kind) const;

    /// What becomes of a store that holds these objects. Fails the test if anything that was not
    /// backed up is restored, or less than all without a word.
    /// one_of_all: restore only this snapshot, by number; else all
    [[nodiscard]] Sight look(const Objects& objects, Machine machine = Machine::knowing,
                             std::optional<std::size_t> one_of_all = {}) const;

    /// Another well-formed `place` of this repository.
    [[nodiscard]] const util::Bytes& other_place() const { return other_place_; }
    /// Whether a healed copy lies beside this pack, or it is one.
    [[nodiscard]] bool has_copy(const std::string& pack) const;
    /// Whether a mark that counts names this pack, so that a sweep may have taken it.
    [[nodiscard]] bool may_be_gone(const std::string& pack) const { return marked_.contains(pack); }
    /// Whether it is an index segment that only a forgotten snapshot's record names.
    [[nodiscard]] bool is_of_forgotten(const std::string& segment) const {
        return forgotten_segments_.contains(segment);
    }
    /// Whether an entry of its maker says *seen* of this snapshot's record.
    [[nodiscard]] bool was_seen(const std::string& done) const { return seen_.contains(done); }

private:
    struct Made {
        std::string id;
        std::map<std::string, NodeFacts> tree;
    };
    Objects read_all() const;
    void back_up_now(std::string_view key);
    void condemn_and_forget();
    void remember() const;
    /// Opens and checks; what was opened, if it was.
    std::unique_ptr<Repository> check_with(std::string_view key, const Objects& objects,
                                           Machine machine, Sight& sight) const;
    void restore_with(Repository& reader, const Made& made, Sight& sight) const;

    RepositoryCase case_;
    std::string source_ = case_.path("source");
    std::vector<Made> made_;
    Objects objects_, earlier_;
    util::Bytes other_place_;
    std::set<std::string> marked_, forgotten_segments_, seen_;
};

/// One for all cases of a program.
const SmallRepository& small_repository();

} // namespace saoluu::test
