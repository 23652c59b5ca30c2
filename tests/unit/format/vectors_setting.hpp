// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/session_objects.hpp"
#include "vectors.hpp"

/// Under which keys the sealed objects of the vectors lie, and how to seal what our code never
/// would.
namespace saoluu::format::test {

using saoluu::test::hex;
using saoluu::test::id;
using saoluu::test::Json;
using saoluu::test::key;

/// Who wrote a sealed object of the vectors, and under which keys.
struct Setting {
    RepositoryId repository;
    EpochKey epoch;
    Suite suite = Suite::xchacha20;
    crypto::SignPair pair;
    ActorId signer;
    RosterHash roster;
    Bytes subject;
    Hash salt;

    explicit Setting(const Json& in)
        : repository(id<RepositoryId>(in.at("repository"))), epoch{.epoch =
                                                                       in.at("epoch").get<Epoch>(),
                                                                   .secret = key(in.at("W"))},
          suite(static_cast<Suite>(in.at("suite").get<int>())), pair(key(in.at("sign-seed"))),
          signer(id<ActorId>(in.at("signer"))), roster(id<RosterHash>(in.at("roster"))) {
        if (in.contains("subject"))
            subject = hex(in.at("subject"));
        if (in.contains("salt"))
            salt = id<Hash>(in.at("salt"));
    }
    [[nodiscard]] Authorship authorship() const {
        return {.repository = repository,
                .epoch = epoch,
                .suite = suite,
                .signer = signer,
                .roster = roster,
                .pair = pair};
    }
};

/// Seals any bytes as the rest of a signed object, which our code never does.
class Wrapper {
public:
    [[nodiscard]] Bytes object(Kind kind, BytesView rest, BytesView subject,
                               SelfCheck check) const {
        return seal_object_with_salt({.repository = repository,
                                      .epoch = epoch,
                                      .header = header_of(kind),
                                      .subject = subject},
                                     body(kind, rest, subject), check, salt);
    }
    [[nodiscard]] Bytes body(Kind kind, BytesView rest, BytesView subject) const {
        return encode_signed({.repository = repository,
                              .header = header_of(kind),
                              .subject = subject,
                              .salt = salt.view()},
                             {.signer = actor, .roster = {}, .rest = util::copy_of(rest)}, pair);
    }
    static Header header_of(Kind kind) {
        return {.kind = kind, .suite = Suite::xchacha20, .epoch = 7};
    }
    Hash salt{};
    RepositoryId repository{};
    EpochKey epoch{.epoch = 7, .secret = crypto::Key::copy_of(Bytes(32, std::byte{1}))};
    crypto::SignPair pair = crypto::SignPair::generate();
    ActorId actor{};
};

} // namespace saoluu::format::test
