// SPDX-License-Identifier: Apache-2.0
// A thief with a backup key makes packs and index segments in the names of others.
#include "theft.hpp"

#include "saoluu/heal.hpp"
#include "saoluu/repair.hpp"

#include <chrono>

using namespace saoluu;
using namespace saoluu::test;
using format::SessionId;
using repo::Access;

TEST_CASE("an index segment in another's name is not believed") {
    const Theft theft;
    const auto wanted = theft.victim.keyring.domain(theft.victim.self().domain)
                            ->chunk_id(format::ChunkKind::data, util::as_bytes("not stored yet"));
    const MadePack pack =
        make_pack(theft.thief, must(theft.thief.authorship()), theft.victim.self().domain,
                  {{.id = wanted, .plain = util::Bytes(14)}}, crypto::random_id<SessionId>());
    put_pack(theft.thief, pack);
    std::string name;
    SUBCASE("signed in the victim's name") {
        const format::Authorship by = in_the_name_of(theft.victim_id(), theft.thief);
        name = put_segment_object(theft.thief, segment_of(pack, theft.victim_id(), by));
    }
    SUBCASE("signed in an admin's name, for the victim's pack") {
        const format::Authorship by = in_the_name_of(theft.admin_id(), theft.thief);
        name = put_segment_object(theft.thief, segment_of(pack, theft.victim_id(), by));
    }
    SUBCASE("signed in his own, for a pack that he says is the victim's") {
        name = put_segment_object(
            theft.thief, segment_of(pack, theft.victim_id(), must(theft.thief.authorship())));
    }
    Told told;
    const auto session = must(repo::WriteSession::begin(const_cast<Access&>(theft.victim), told));
    CHECK(told.has(Severity::alarm, name));
    CHECK(session->claim(format::ChunkKind::data, wanted) == repo::WriteSession::Claim::mine);
    theft.check_check_tells(name);
}

TEST_CASE("a pack whose directory is in another's name is an alarm, and no index is made of it") {
    const Theft theft;
    const format::Authorship by = in_the_name_of(theft.victim_id(), theft.thief);
    const auto wanted = theft.victim.keyring.domain(theft.victim.self().domain)
                            ->chunk_id(format::ChunkKind::data, util::as_bytes("not stored yet"));
    const MadePack pack = make_pack(theft.thief, by, theft.victim.self().domain,
                                    {{.id = wanted, .plain = util::Bytes(14)}}, theft.session);
    const std::string name = put_pack(theft.thief, pack);
    theft.check_check_tells(name);
    for (const std::string_view key : {key::kBackup, key::kFounder}) {
        Repository repairing = theft.repository.open(key, "a repairing computer");
        Told told;
        must(repair_index(repairing, {}, told, {}));
        for (const auto& [id, place] : places_of(theft.thief))
            CHECK(id != wanted);
    }
}

TEST_CASE("healing a forged pack, whose hash is right, ends no alarm of the checks by turns") {
    const Theft theft;
    const format::Authorship by = in_the_name_of(theft.victim_id(), theft.thief);
    const std::string name =
        put_pack(theft.thief, make_pack(theft.thief, by, theft.victim.self().domain,
                                        {{.id = {}, .plain = util::Bytes(14)}}, theft.session));
    Repository victim = theft.repository.open(key::kBackup, "the victim's");
    Told told;
    CHECK_FALSE(check_all(victim, told, false).sound());
    for (int day = 0; day < 3; ++day) {
        CHECK(must(heal(victim, {}, told, {})).bad == 0);
        Told again;
        const CheckReport report =
            must(check(victim, {.rotate = std::chrono::days(30), .threads = 1}, again, {}));
        CHECK(report.alarms > 0);
        CHECK_MESSAGE(again.has(Severity::alarm, name), again.text());
    }
}
