// SPDX-License-Identifier: Apache-2.0
// Every object is removed, cut, replaced by an older one and swapped with another of its class, and
// each class is set back as a whole: `check` notices with any key, or it is a gap that THREATS.md
// tells of; and never is anything restored that was not backed up.
#include "format/text_objects.hpp"
#include "format/types.hpp"
#include "small_repository.hpp"
#include "thorough.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

using namespace saoluu;
using namespace saoluu::test;

namespace {

/// What was seen of one kind of harm to one class, from the least to the most.
struct Row {
    Seen opening_least = Seen::error, opening_most = Seen::nothing;
    Seen check_least = Seen::error, check_most = Seen::nothing;
    Seen data_least = Seen::error, data_most = Seen::nothing;
    std::size_t tried = 0, whole = 0, missed_by_stranger = 0;
    std::map<std::string, std::size_t> gaps;

    void add(const Sight& sight) {
        opening_least = std::min(opening_least, sight.opening);
        opening_most = std::max(opening_most, sight.opening);
        check_least = std::min(check_least, sight.check);
        check_most = std::max(check_most, sight.check);
        data_least = std::min(data_least, sight.check_data);
        data_most = std::max(data_most, sight.check_data);
        whole += sight.restored == sight.snapshots ? 1 : 0;
        ++tried;
    }
    static std::string range(Seen least, Seen most) {
        static const std::array kNames = {"-", "healed", "warning", "damage", "alarm", "error"};
        const std::string from = kNames.at(static_cast<std::size_t>(least));
        return least == most ? from : from + " to " + kNames.at(static_cast<std::size_t>(most));
    }
    [[nodiscard]] std::string text() const {
        std::string all = "open " + range(opening_least, opening_most) + " | check " +
                          range(check_least, check_most) + " | read-data " +
                          range(data_least, data_most) + " | whole " + std::to_string(whole) +
                          " of " + std::to_string(tried) + " | missed by strangers " +
                          std::to_string(missed_by_stranger);
        for (const auto& [gap, count] : gaps)
            all += " | " + gap + " x" + std::to_string(count);
        return all;
    }
};

/// The gap that a harm falls into, as THREATS.md tells of it; empty if `check` has to notice it.
using Gap = std::function<std::string(const std::string& name)>;
std::string no_gap(const std::string&) {
    return "";
}

class Harm {
public:
    Harm(std::string_view kind, std::string what, Gap gap = no_gap)
        : kind_(kind), what_(std::move(what)), gap_(std::move(gap)) {}
    Harm(const Harm&) = delete;
    Harm& operator=(const Harm&) = delete;
    ~Harm() {
        if (row_.tried > 0)
            MESSAGE(kind_ << ", " << what_ << ": " << row_.text());
    }

    /// name: of the object it was done to
    void look(const Objects& objects, const std::string& name) {
        INFO(what_, ": ", name);
        const SmallRepository& repository = small_repository();
        if (objects == repository.objects())
            return;
        const Sight sight = repository.look(objects);
        row_.add(sight);
        const std::string gap = gap_(name);
        if (gap.empty()) {
            CHECK_MESSAGE(sight.is_noticed(), sight.text);
        } else {
            // One that is noticed after all is not to stand among the gaps.
            CHECK_MESSAGE(!sight.is_noticed(), gap << "\n" << sight.text);
            ++row_.gaps[gap];
        }
    }
    /// The same to who never saw the store before; nothing is demanded of him.
    void look_as_stranger(const Objects& objects) {
        const Sight sight = small_repository().look(objects, Machine::stranger);
        row_.missed_by_stranger += sight.is_noticed() ? 0 : 1;
    }

private:
    std::string kind_, what_;
    Gap gap_;
    Row row_;
};

/// In a short run three objects of a class, other ones for each harm.
std::vector<std::string> chosen(std::string_view kind, std::size_t first) {
    constexpr std::size_t kSample = 3;
    std::vector<std::string> names = small_repository().names(kind);
    const std::size_t step = step_for(names.size(), kSample);
    std::vector<std::string> some;
    for (std::size_t i = first % step; i < names.size(); i += step)
        some.push_back(names[i]);
    return some;
}

bool is_copy(const std::string& name) {
    return name.starts_with("packs/") && name.ends_with(".1");
}

void remove_each(std::string_view kind) {
    const SmallRepository& repository = small_repository();
    Harm harm(kind, "removed", [&](const std::string& name) -> std::string {
        if (is_copy(name))
            return "a healed copy is one more than needed";
        if (repository.has_copy(name))
            return "its healed copy stands in";
        if (repository.may_be_gone(name))
            return "a mark lets it go";
        if (repository.is_of_forgotten(name))
            return "only a forgotten snapshot named it";
        if (name.ends_with("/forgotten"))
            return "the ledger says the same, and is obeyed";
        if (name.ends_with("/done") && !repository.was_seen(name))
            return "its maker's newest snapshot";
        return "";
    });
    for (const std::string& name : chosen(kind, 0)) {
        Objects objects = repository.objects();
        objects.erase(name);
        harm.look(objects, name);
        if (is_thorough())
            harm.look_as_stranger(objects);
        // Where it lies twice, both.
        if (objects.erase(name + ".2") > 0)
            harm.look(objects, name);
    }
}

void cut_each(std::string_view kind) {
    const SmallRepository& repository = small_repository();
    Harm harm(kind, "cut");
    std::size_t number = 0;
    for (const std::string& name : chosen(kind, 1)) {
        const std::size_t whole = repository.objects().at(name).size();
        const std::array sizes = {std::size_t{0}, std::size_t{1}, std::size_t{16}, whole / 2,
                                  whole - 1};
        ++number;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (!is_thorough() && i != number % sizes.size())
                continue;
            INFO("to ", sizes.at(i), " bytes of ", whole);
            Objects objects = repository.objects();
            objects.at(name).resize(sizes.at(i));
            harm.look(objects, name);
        }
    }
}

/// By each older one of its class, and by what it was; of `place` by another well-formed one.
void replace_each(std::string_view kind) {
    const SmallRepository& repository = small_repository();
    const std::string other_place = "place, another well-formed one";
    Harm harm(kind, "replaced by an older one", [&](const std::string& name) -> std::string {
        if (name == "README.txt")
            return "what the README says is nobody's word";
        return name == other_place ? "places are not signed" : "";
    });
    std::vector<std::string> older_ones;
    for (const std::string& name : repository.names(kind))
        if (repository.earlier().contains(name))
            older_ones.push_back(name);
    std::size_t number = 0;
    for (const std::string& name : kind == "text" ? repository.names(kind) : chosen(kind, 2)) {
        Objects objects = repository.objects();
        if (name == "place") {
            objects.at(name) = repository.other_place();
            harm.look(objects, other_place);
        }
        ++number;
        for (std::size_t i = 0; i < older_ones.size(); ++i) {
            if (!is_thorough() && i != number % older_ones.size())
                continue;
            objects.at(name) = repository.objects().at(older_ones[i]);
            harm.look(objects, name);
        }
    }
}

void swap_each(std::string_view kind) {
    const SmallRepository& repository = small_repository();
    Harm harm(kind, "swapped");
    const auto names = repository.names(kind);
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t j = i + 1; j < names.size(); ++j) {
            if (!is_thorough() && (j != i + 1 || i % 4 != 1))
                continue;
            Objects objects = repository.objects();
            std::swap(objects.at(names[i]), objects.at(names[j]));
            harm.look(objects, names[i] + " and " + names[j]);
        }
}

/// The whole class as it was after the first snapshot.
void set_back(std::string_view kind) {
    const SmallRepository& repository = small_repository();
    Harm harm(kind, "set back", [](const std::string& name) -> std::string {
        return name == "forgotten" ? "the ledger says the same, and is obeyed" : "";
    });
    Objects objects = repository.objects();
    for (const std::string& name : repository.names(kind))
        if (!repository.earlier().contains(name))
            objects.erase(name);
    harm.look(objects, std::string(kind));
    if (objects != repository.objects())
        harm.look_as_stranger(objects);
}

void do_all(std::string_view kind) {
    remove_each(kind);
    cut_each(kind);
    replace_each(kind);
    swap_each(kind);
    set_back(kind);
}

} // namespace

TEST_CASE("format, place and README gone, cut or replaced are noticed") {
    do_all("text");
}
TEST_CASE("rosters gone, cut or replaced are noticed") {
    do_all("roster");
}
TEST_CASE("key slots gone, cut or replaced are noticed") {
    do_all("keys");
}
TEST_CASE("data packs gone, cut or replaced are noticed") {
    do_all("data pack");
}
TEST_CASE("catalog packs gone, cut or replaced are noticed") {
    do_all("catalog pack");
}
TEST_CASE("index segments gone, cut or replaced are noticed") {
    do_all("index");
}
TEST_CASE("a session's open gone, cut or replaced is noticed") {
    do_all("open");
}
TEST_CASE("snapshots' records gone, cut or replaced are noticed") {
    do_all("done");
}
TEST_CASE("a forgotten gone, cut or replaced is noticed") {
    do_all("forgotten");
}
TEST_CASE("ledger entries gone, cut or replaced are noticed") {
    do_all("ledger");
}
TEST_CASE("a mark gone, cut or replaced is noticed") {
    do_all("mark");
}
TEST_CASE("a store that was set back as a whole is noticed by who saw it, and by no stranger") {
    const SmallRepository& repository = small_repository();
    const Sight knowing = repository.look(repository.earlier());
    CHECK_MESSAGE(knowing.check == Seen::alarm, knowing.text);
    CHECK_MESSAGE(knowing.check_data == Seen::alarm, knowing.text);
    const Sight stranger = repository.look(repository.earlier(), Machine::stranger);
    CHECK_MESSAGE(!stranger.is_noticed(), stranger.text);
}

TEST_CASE("a second copy that is whole in itself, but is not the first one's, is noticed") {
    const SmallRepository& repository = small_repository();
    std::string first = "format";
    util::Bytes forged;
    Seen seen = Seen::damage;
    SUBCASE("of format, from another repository") {
        const auto other = format::FormatObject::make({}, {}, {});
        forged = util::copy_of(util::as_bytes(other.encode()));
    }
    SUBCASE("of a key slot, by whoever can write and compute a hash") {
        first = repository.names("keys").front();
        const util::Bytes& slot = repository.objects().at(first);
        forged = util::copy_of(util::BytesView(slot).first(slot.size() - 32));
        forged[100] ^= std::byte{1}; // of what is sealed
        forged = format::with_self_check(std::move(forged));
        seen = Seen::alarm;
    }
    Objects objects = repository.objects();
    objects.at(first + ".2") = forged;
    const Sight sight = repository.look(objects);
    CHECK_MESSAGE(sight.check == seen, sight.text);
    CHECK_MESSAGE(sight.check_data == seen, sight.text);
    CHECK(sight.restored == sight.snapshots);
}
