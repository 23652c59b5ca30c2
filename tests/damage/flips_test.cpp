// SPDX-License-Identifier: Apache-2.0
// One bit of every byte of every object is flipped: each flip is noticed by `check` with any key,
// nothing wrong is restored, and with the bit as it was all is sound again.
#include "small_repository.hpp"
#include "thorough.hpp"

#include <algorithm>
#include <optional>
#include <string>

using namespace saoluu;
using namespace saoluu::test;

namespace {

/// Flips in all objects of a class; in a short run a sample of them, at other places of each.
/// loses: whether a flip may cost a snapshot more than nothing
void flip_each_byte_of(std::string_view kind, bool loses) {
    constexpr std::size_t kSample = 5;
    const SmallRepository& repository = small_repository();
    const auto names = repository.names(kind);
    REQUIRE(!names.empty());
    std::size_t bytes = 0, tried = 0, cost = 0;
    for (const std::string& name : names)
        bytes += repository.objects().at(name).size();
    const std::size_t step = step_for(bytes, kSample);
    Objects objects = repository.objects();
    std::size_t number = 0; // of the byte, over all objects: so each object begins elsewhere
    for (const std::string& name : names) {
        util::Bytes& object = objects.at(name);
        for (std::size_t at = 0; at < object.size(); ++at, ++number) {
            if (number % step != 0)
                continue;
            INFO(name, ", byte ", at, " of ", object.size());
            const auto bit = static_cast<std::byte>(1U << (number / step % 8));
            object[at] ^= bit;
            // What can't cost a restore anything is tried with one snapshot after the other.
            const Sight sight = repository.look(
                objects, Machine::knowing, loses ? std::nullopt : std::optional(number / step));
            const bool has_copy = repository.has_copy(name);
            const Seen least = has_copy ? Seen::healed : Seen::damage;
            CHECK_MESSAGE(sight.check >= least, sight.text);
            CHECK_MESSAGE(sight.check_data >= least, sight.text);
            const bool may_lose = loses && !has_copy;
            CHECK_MESSAGE((may_lose || sight.restored == sight.snapshots), sight.text);
            cost += sight.restored < sight.snapshots ? 1 : 0;
            object[at] ^= bit;
            ++tried;
        }
    }
    const Sight whole = repository.look(objects);
    CHECK_MESSAGE(!whole.is_noticed(), whole.text);
    CHECK_MESSAGE(whole.restored == whole.snapshots, whole.text);
    MESSAGE(kind << ": " << tried << " of " << bytes << " bytes in " << names.size() << " objects; "
                 << cost << " flips cost a restore something");
}

} // namespace

TEST_CASE("a repository to be damaged is sound before, to who knows it and to a stranger") {
    const SmallRepository& repository = small_repository();
    for (const Machine machine : {Machine::knowing, Machine::stranger}) {
        const Sight sight = repository.look(repository.objects(), machine);
        CHECK_MESSAGE(sight.opening == Seen::nothing, sight.text);
        CHECK_MESSAGE(sight.check == Seen::nothing, sight.text);
        CHECK_MESSAGE(sight.check_data == Seen::nothing, sight.text);
        CHECK(sight.restored == 3);
    }
    for (const char* kind : {"text", "roster", "keys", "data pack", "catalog pack", "index", "open",
                             "done", "forgotten", "ledger", "mark"})
        CHECK_MESSAGE(!repository.names(kind).empty(), kind);
}

TEST_CASE("whichever byte of format, place and README is flipped, it is noticed") {
    flip_each_byte_of("text", false);
}
TEST_CASE("whichever byte of a roster is flipped, it is noticed, and its copy serves") {
    flip_each_byte_of("roster", false);
}
TEST_CASE("whichever byte of a key slot is flipped, it is noticed, and its copy serves") {
    flip_each_byte_of("keys", false);
}
TEST_CASE("whichever byte of a data pack is flipped, it is noticed, and no wrong byte restored") {
    flip_each_byte_of("data pack", true);
}
TEST_CASE("whichever byte of a catalog pack is flipped, it is noticed, and nothing made up") {
    flip_each_byte_of("catalog pack", true);
}
TEST_CASE("whichever byte of an index segment is flipped, it is noticed") {
    flip_each_byte_of("index", true);
}
TEST_CASE("whichever byte of a session's open is flipped, it is noticed, and costs nothing") {
    flip_each_byte_of("open", false);
}
TEST_CASE("whichever byte of a snapshot's record is flipped, it is noticed, and costs nothing") {
    flip_each_byte_of("done", false);
}
TEST_CASE("whichever byte of a forgotten is flipped, it is noticed, and costs nothing") {
    flip_each_byte_of("forgotten", false);
}
TEST_CASE("whichever byte of a ledger entry is flipped, it is noticed") {
    flip_each_byte_of("ledger", true);
}
TEST_CASE("whichever byte of a mark is flipped, it is noticed, and costs nothing") {
    flip_each_byte_of("mark", false);
}
