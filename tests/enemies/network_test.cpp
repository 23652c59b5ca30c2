// SPDX-License-Identifier: Apache-2.0
// The wire between a machine and its store: it changes what it likes, and is not believed.
#include "world.hpp"

#include <mutex>
#include <random>

using namespace saoluu;
using namespace saoluu::test;

namespace {

/// Changes about one in `often` of the answers, each in some way.
class Wire {
public:
    Wire(std::uint64_t seed, unsigned often) : random_(seed), often_(often) {}
    void garble(std::span<std::byte> bytes) {
        const std::lock_guard lock(mutex_);
        if (bytes.empty() || random_() % often_ != 0)
            return;
        ++garbled;
        const std::size_t at = random_() % bytes.size();
        switch (random_() % 3) {
        case 0: // one bit
            bytes[at] ^= static_cast<std::byte>(1U << random_() % 8);
            break;
        case 1: // nothing from some place on, as where an answer is cut short and filled up
            std::ranges::fill(bytes.subspan(at), std::byte{});
            break;
        default: // something else
            for (std::byte& byte : bytes.subspan(at))
                byte = static_cast<std::byte>(random_());
        }
    }
    std::size_t garbled = 0;

private:
    std::mutex mutex_;
    std::mt19937_64 random_;
    unsigned often_;
};

} // namespace

TEST_CASE("whatever a wire makes of the bytes, none that are wrong are restored") {
    const World world;
    std::size_t garbled = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        CAPTURE(seed);
        Wire wire(seed, seed % 2 == 0 ? 5 : 60);
        Told told;
        Result<Repository> reader = open_over(
            world.repository, key::kReader,
            {.garbles = [&](std::string_view, std::span<std::byte> bytes) { wire.garble(bytes); }},
            told, "on the wire");
        if (reader)
            world.restore_all(*reader);
        world.repository.forget_state("on the wire");
        garbled += wire.garbled;
    }
    CHECK(garbled > 20);
    set_back(world.repository, world.now);
    Repository reader = world.repository.open(key::kReader);
    CHECK(world.restore_all(reader) == 3);
}

TEST_CASE("backups over a wire that garbles what is read harm nothing that is there") {
    const World world;
    std::size_t finished = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        CAPTURE(seed);
        write_file(world.source + "/changing", random_bytes(3000, seed));
        Wire wire(seed, seed % 2 == 0 ? 10 : 60);
        Told told;
        Result<Repository> backup = open_over(
            world.repository, key::kBackup,
            {.garbles = [&](std::string_view, std::span<std::byte> bytes) { wire.garble(bytes); }},
            told);
        if (backup && world.back_up_again(*backup))
            ++finished;
    }
    CHECK(finished > 0);
    write_file(world.source + "/changing", random_bytes(3000, 102)); // as the last snapshot has it
    Told told;
    Repository reader = world.repository.open(key::kReader, "a new one");
    const CheckReport report = check_all(reader, told);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(world.restore_all(reader) == 3);
}
