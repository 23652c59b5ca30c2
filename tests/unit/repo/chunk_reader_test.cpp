// SPDX-License-Identifier: Apache-2.0
#include "repo/chunk_reader.hpp"

#include "sessions.hpp"
#include "store/fault.hpp"

using namespace saoluu;
using namespace saoluu::test;
using repo::Access;
using repo::ChunkReader;
using repo::Index;

namespace {

/// A snapshot of three chunks in one pack, and who reads it.
struct OnePack {
    RepositoryCase repository;
    std::vector<std::string> texts = {std::string(5000, 'a'), std::string(7000, 'b'), "c"};
    std::vector<format::ChunkId> ids;
    format::Domain domain = 0;
    std::string pack;
    util::Bytes good;

    OnePack() {
        Access backup = repository.access(key::kBackup);
        commit_snapshot(backup, texts);
        domain = backup.self().domain;
        for (const std::string& text : texts)
            ids.push_back(backup.keyring.domain(domain)->chunk_id(format::ChunkKind::data,
                                                                  util::as_bytes(text)));
        Told told;
        const Index index = must(Index::load(backup, told));
        pack = format::names::pack(index.find(format::ChunkKind::data, ids[0]).at(0).pack);
        good = repository.read(pack);
    }
    void write_damaged(const std::string& name, std::size_t at) const {
        repository.write(name, good);
        repository.flip_bit(name, at);
    }
    /// Reads the chunks twice, with one reader; how many came back right.
    std::size_t read_all(store::FaultStore** faults = nullptr) const {
        auto store = std::make_unique<store::FaultStore>(repository.store());
        if (faults != nullptr)
            *faults = store.get();
        Told told;
        kept_ = std::make_unique<Access>(
            must(repo::open_access_over(std::move(store), repository.options(key::kReader), told)));
        const Index index = must(Index::load(*kept_, told));
        ChunkReader chunks(*kept_, index);
        std::size_t right = 0;
        for (int round = 0; round < 2; ++round)
            for (std::size_t i = 0; i < ids.size(); ++i) {
                const auto plain = chunks.read(format::ChunkKind::data, ids[i], domain);
                if (plain) {
                    CHECK(util::as_text(*plain) == texts[i]);
                    ++right;
                } else {
                    CHECK(plain.error().kind() == ErrorKind::corrupt);
                }
            }
        return right;
    }

private:
    mutable std::unique_ptr<Access> kept_; // what a test looks at afterwards
};

constexpr std::size_t kHeader = 20, kFirstFrame = 90; // where a bit can flip

} // namespace

TEST_CASE("whatever is wrong with a pack and its first copies, a good copy is found") {
    const OnePack one;
    REQUIRE(one.read_all() == 6);
    SUBCASE("its header") {
        one.write_damaged(one.pack, kHeader);
    }
    SUBCASE("a frame") {
        one.write_damaged(one.pack, kFirstFrame);
    }
    SUBCASE("its end") {
        one.repository.write(one.pack, util::BytesView(one.good).first(100));
    }
    SUBCASE("all of it") {
        one.repository.remove(one.pack);
    }
    CHECK(one.read_all() < 6);
    // Copies that are no better, in every order that names can have.
    one.write_damaged(one.pack + ".1", kHeader);
    one.write_damaged(one.pack + ".2", kFirstFrame);
    one.repository.write(one.pack + ".3", util::Bytes(10));
    one.repository.write(one.pack + ".10", {});
    one.repository.write(one.pack + ".x", one.good); // no name of a copy
    CHECK(one.read_all() <= 4);
    for (const char* copy : {".4", ".11", ".9"}) {
        CAPTURE(copy);
        one.repository.write(one.pack + copy, one.good);
        CHECK(one.read_all() == 6);
        one.repository.remove(one.pack + copy);
    }
}

TEST_CASE("copies that are damaged at different places make one good pack together") {
    const OnePack one;
    Told told;
    const Access access = one.repository.access(key::kReader);
    const Index index = must(Index::load(access, told));
    const auto offset = [&](std::size_t chunk) {
        return index.find(format::ChunkKind::data, one.ids[chunk]).at(0).offset + std::size_t{1};
    };
    one.write_damaged(one.pack, offset(0));
    one.write_damaged(one.pack + ".1", offset(1));
    CHECK(one.read_all() == 6);
    // Another pack under the name of a copy is none.
    for (const std::string& other : one.repository.names("packs/"))
        if (!other.starts_with(one.pack))
            one.repository.write(one.pack + ".1", one.repository.read(other));
    CHECK(one.read_all() == 4);
}

TEST_CASE("a copy that comes while a pack is damaged counts from the next run on") {
    const OnePack one;
    one.repository.remove(one.pack);
    CHECK(one.read_all() == 0);
    one.repository.write(one.pack + ".1", one.good);
    CHECK(one.read_all() == 6);
    one.write_damaged(one.pack + ".1", kHeader);
    CHECK(one.read_all() == 0);
    one.repository.write(one.pack, one.good);
    store::FaultStore* faults = nullptr;
    CHECK(one.read_all(&faults) == 6);
    for (const store::Recorded& done : faults->take_record()) // no copy is asked for without need
        CHECK(!done.name.starts_with(one.pack + "."));
}

TEST_CASE("a pack on a bad sector is read from its copy") {
    const OnePack one;
    one.repository.write(one.pack + ".1", one.good);
    auto store = std::make_unique<store::FaultStore>(one.repository.store());
    store->plan({.object = one.pack});
    Told told;
    const Access access =
        must(repo::open_access_over(std::move(store), one.repository.options(key::kReader), told));
    const Index index = must(Index::load(access, told));
    ChunkReader chunks(access, index);
    for (std::size_t i = 0; i < one.ids.size(); ++i)
        CHECK(util::as_text(must(chunks.read(format::ChunkKind::data, one.ids[i], one.domain))) ==
              one.texts[i]);
    one.repository.remove(one.pack + ".1");
    ChunkReader again(access, index);
    CHECK(fails(again.read(format::ChunkKind::data, one.ids[0], one.domain), ErrorKind::io));
}

TEST_CASE("what a key that may write stored under a wrong id is never taken for the chunk") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const format::Domain domain = backup.self().domain;
    const auto wanted =
        backup.keyring.domain(domain)->chunk_id(format::ChunkKind::data, util::as_bytes("wanted"));
    // Every byte of such a pack is as its maker signed it.
    const auto store = [&](std::string_view text) {
        Told told;
        const auto session = must(repo::WriteSession::begin(backup, told));
        auto packer = session->data_packer();
        data::Compressor compressor(3);
        must(packer.add(format::ChunkKind::data, wanted, compressor.compress(util::as_bytes(text)),
                        text.size()));
        must(packer.finish());
        session->keep_stored();
    };
    Told told;
    const Access access = repository.access(key::kReader);
    const auto read = [&]() -> Result<std::string> {
        const Index index = must(Index::load(access, told));
        ChunkReader chunks(access, index);
        return std::string(
            util::as_text(TRY(chunks.read(format::ChunkKind::data, wanted, domain))));
    };
    for (const char* garbage : {"unwant", "longer than what is wanted"})
        store(garbage);
    CHECK(fails(read(), ErrorKind::corrupt));
    store("wanted");
    for (const char* garbage : {"wanteD", "xanted", "wante"})
        store(garbage);
    CHECK(must(read()) == "wanted"); // wherever among the places the good one stands
}
