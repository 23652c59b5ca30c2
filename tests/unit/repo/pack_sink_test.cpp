// SPDX-License-Identifier: Apache-2.0
#include "repo/pack_sink.hpp"

#include "poor_child.hpp"
#include "sessions.hpp"

#include <cerrno>

using namespace saoluu;
using namespace saoluu::test;
using repo::PackSink;
using repo::WriteSession;

TEST_CASE("without a thread for packs a session is refused, and the next one works") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can become a user who has no other threads");
        return;
    }
    const RepositoryCase repository;
    const uid_t user = lonely_user();
    give_to(user, repository.path(""));
    const int outcome = in_child([&] {
        if (!become(user))
            return 1;
        repo::Access access = repository.access(key::kBackup);
        if (!limit_threads(0))
            return 2;
        Told told;
        const auto refused = WriteSession::begin(access, told);
        if (!fails(refused, ErrorKind::no_memory) || refused.error().system_code() != EAGAIN)
            return 3;
        const format::Authorship by = *access.authorship();
        repo::PlaceSet places({access.store.get()});
        const repo::PackContext context{.places = places,
                                        .by = by,
                                        .session = {},
                                        .domain = access.self().domain,
                                        .content_public = access.roster().content_public};
        if (PackSink::start(context))
            return 4;
        if (!limit_threads(RLIM_INFINITY))
            return 5;
        commit_snapshot(access, {"text"});
        return snapshots(access).size() == 1 ? 0 : 6;
    });
    CHECK(outcome == 0);
}
